"""Makes a small, plain picture out of a decoded one, and tells its dominant colour.

What comes out is RGB or RGBA without metadata: no EXIF, no place, no comment, no colour profile.
"""

import io
from collections import defaultdict

from PIL import Image

SIDE = 256
QUALITY = 80
#: Modes that Pillow can average as they are. Others are thinned to this side first, by taking every n-th pixel,
#: so that they are converted as small pictures: converting a large one would take its memory again.
AVERAGED_MODES = {"L", "RGB", "CMYK", "YCbCr"}
THINNED_SIDE = 1024
COLOUR_SIDE = 64
OPAQUE = 128

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def shrunk(picture: Image.Image) -> Image.Image:
    """At most SIDE pixels a side, RGB or RGBA. Decodes `picture`, and changes it."""
    if picture.mode not in AVERAGED_MODES:
        picture.load()
        picture = _plain(_thinned(picture))
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    picture.load()
    return picture if picture.mode in {"RGB", "RGBA"} else picture.convert("RGB")


def turned(picture: Image.Image, orientation: int) -> Image.Image:
    """As EXIF's orientation says; 1 is upright."""
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture


def webp(picture: Image.Image) -> bytes:
    """A WebP file of these pixels and nothing else."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    file = io.BytesIO()
    bare.save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


def dominant_colour(picture: Image.Image) -> str:
    """`#rrggbb`: the mean of the most frequent sixteenth of each channel; transparent pixels do not count."""
    small = picture.convert("RGBA")
    small.thumbnail((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    data = small.tobytes()
    groups: dict[tuple[int, int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for red, green, blue, alpha in zip(data[::4], data[1::4], data[2::4], data[3::4], strict=True):
        if alpha >= OPAQUE:
            groups[red >> 4, green >> 4, blue >> 4].append((red, green, blue))
    largest = max(groups.values(), key=len, default=[(255, 255, 255)])
    return "#" + "".join(f"{round(sum(channel) / len(largest)):02x}" for channel in zip(*largest, strict=True))


def _thinned(picture: Image.Image) -> Image.Image:
    longest = max(picture.size)
    if longest <= THINNED_SIDE:
        return picture
    width, height = (max(1, side * THINNED_SIDE // longest) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.NEAREST)


def _plain(picture: Image.Image) -> Image.Image:
    """RGB or RGBA from palettes, bits, grey of 16 and 32 bits, and Lab, of which its lightness is shown."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda level: level * (1 / 257)).convert("L").convert("RGB")
    if picture.mode in {"I", "F"}:
        return _stretched(picture).convert("RGB")
    if picture.mode == "LAB":
        return picture.getchannel("L").convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _stretched(picture: Image.Image) -> Image.Image:
    """Grey levels of any range, spread over the 256 there are to show."""
    low, high = picture.convert("F").getextrema()
    if not isinstance(low, float) or not isinstance(high, float) or not high - low > 0:
        return picture.convert("L")
    scale = 255 / (high - low)
    return picture.convert("F").point(lambda level: level * scale + -low * scale).convert("L")
