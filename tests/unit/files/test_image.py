"""What is found in images of every sort, and how the bad ones are refused."""

import errno
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from apps.files.errors import Unprocessable
from apps.files.processors import image
from apps.files.processors.base import Context
from apps.files.processors.formats import image_blocks
from tests.unit.files import samples
from tests.unit.files.conftest import Inspect, ignore

pytestmark = pytest.mark.filterwarnings(
    "ignore::PIL.Image.DecompressionBombWarning", "ignore:Corrupt EXIF data:UserWarning"
)


def opened(thumbnail: bytes | None) -> Image.Image:
    assert thumbnail is not None
    return Image.open(io.BytesIO(thumbnail))


def refused(inspect: Inspect, data: bytes) -> str:
    with pytest.raises(Unprocessable) as caught:
        inspect(data, "picture")
    assert "/" not in caught.value.detail  # no path of the server
    return caught.value.code


def test_the_result_holds_what_the_contract_lists(inspect: Inspect) -> None:
    result = inspect(samples.image("PNG"), "red.png").result
    assert {key: value for key, value in result.items() if key != "sha256"} == {
        "width": 60,
        "height": 40,
        "format": "PNG",
        "mode": "RGB",
        "frames": 1,
        "orientation": 1,
        "dominant_color": "#c81e28",
        "mismatch": None,
    }


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_every_format_is_measured_and_pictured(inspect: Inspect, format_: str) -> None:
    processed = inspect(samples.image(format_, size=(600, 300)), "a")
    result, thumbnail = processed.result, opened(processed.thumbnail)
    assert (result["format"], result["width"], result["height"], result["frames"]) == (format_, 600, 300, 1)
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 128))
    assert_close(result["dominant_color"], samples.RED)


def assert_close(colour: str, expected: tuple[int, int, int]) -> None:
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert all(abs(found - wanted) <= 12 for found, wanted in zip(channels, expected, strict=True)), colour


def test_an_icon_is_its_largest_picture(inspect: Inspect) -> None:
    picture = Image.new("RGBA", (128, 128), (*samples.BLUE, 255))
    result = inspect(samples.saved(picture, "ICO", sizes=[(16, 16), (64, 64)]), "a.ico").result
    assert (result["format"], result["width"], result["height"]) == ("ICO", 64, 64)


MODES: dict[str, tuple[str, str, Any, str]] = {
    "bits": ("PNG", "1", 1, "#ffffff"),
    "grey": ("PNG", "L", 128, "#808080"),
    "grey and alpha": ("PNG", "LA", (128, 255), "#808080"),
    "colour and alpha": ("PNG", "RGBA", (10, 20, 30, 255), "#0a141e"),
    "grey of 16 bits": ("PNG", "I;16", 0x8080, "#808080"),
    "grey of 16 bits, big end": ("TIFF", "I;16B", 0xFFFF, "#ffffff"),
    "grey of 32 bits": ("TIFF", "I", 7, "#070707"),
    "floating point": ("TIFF", "F", 0.5, "#000000"),
    "CMYK": ("TIFF", "CMYK", (0, 255, 255, 0), "#ff0000"),
    "CMYK as JPEG": ("JPEG", "CMYK", (255, 0, 0, 0), "#00ffff"),
    "Lab": ("TIFF", "LAB", (255, 128, 128), "#ffffff"),
}


@pytest.mark.parametrize(("format_", "mode", "colour", "expected"), MODES.values(), ids=MODES.keys())
def test_every_mode_is_named_and_pictured(
    inspect: Inspect, format_: str, mode: str, colour: Any, expected: str
) -> None:
    processed = inspect(samples.image(format_, mode=mode, colour=colour), "a")
    assert processed.result["mode"] == mode
    assert_close(processed.result["dominant_color"], tuple(int(expected[at : at + 2], 16) for at in (1, 3, 5)))  # type: ignore[arg-type]
    assert opened(processed.thumbnail).mode in {"RGB", "RGBA"}


def test_levels_of_any_range_are_spread_over_those_that_can_be_shown(inspect: Inspect) -> None:
    picture = Image.new("F", (40, 20), 1000.0)
    picture.paste(3000.0, (20, 0, 40, 20))
    thumbnail = opened(inspect(samples.saved(picture, "TIFF"), "a").thumbnail).convert("L")
    assert (thumbnail.getpixel((4, 10)), thumbnail.getpixel((36, 10))) == (0, 255)


def test_a_palette_with_transparency_stays_transparent(inspect: Inspect) -> None:
    picture = Image.new("P", (40, 20), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    picture.paste(1, (20, 0, 40, 20))
    processed = inspect(samples.saved(picture, "PNG", transparency=0), "a.png")
    thumbnail = opened(processed.thumbnail)
    assert (processed.result["mode"], processed.result["dominant_color"]) == ("P", "#0000ff")
    assert thumbnail.mode == "RGBA"
    assert [thumbnail.getpixel((x, 10))[3] for x in (4, 36)] == [0, 255]  # type: ignore[index]


def test_an_image_of_only_transparent_pixels_counts_as_white(inspect: Inspect) -> None:
    data = samples.image("PNG", mode="RGBA", colour=(255, 0, 0, 0))
    assert inspect(data, "a.png").result["dominant_color"] == "#ffffff"


def test_a_small_picture_is_not_made_larger(inspect: Inspect) -> None:
    assert opened(inspect(samples.image("PNG", size=(3, 5)), "a.png").thumbnail).size == (3, 5)


def test_a_picture_of_one_long_row_has_a_thumbnail(inspect: Inspect) -> None:
    assert opened(inspect(samples.png(30_000, 1), "a.png").thumbnail).size == (256, 1)


def _left_red_right_blue() -> Image.Image:
    picture = Image.new("RGB", (80, 40), samples.RED)
    picture.paste(samples.BLUE, (40, 0, 80, 40))
    return picture


#: Where the red half is to be seen once the picture is upright.
RED_SIDE = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}
PLACES = {"left": (4, 0.5), "right": (-4, 0.5), "top": (0.5, 4), "bottom": (0.5, -4)}


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_once(inspect: Inspect, format_: str, orientation: int) -> None:
    block = samples.exif(orientation)
    processed = inspect(samples.saved(_left_red_right_blue(), format_, exif=block), "a")
    result, thumbnail = processed.result, opened(processed.thumbnail).convert("RGB")
    upright = (40, 80) if orientation >= 5 else (80, 40)
    assert (result["width"], result["height"], result["orientation"]) == (*upright, orientation)
    assert thumbnail.size == upright
    x, y = PLACES[RED_SIDE[orientation]]
    place = [
        int(side / 2) if at == 0.5 else int(at if at > 0 else side + at)
        for at, side in zip((x, y), upright, strict=True)
    ]
    red, _green, blue = thumbnail.getpixel((place[0], place[1]))  # type: ignore[misc]
    assert red > blue  # type: ignore[operator]


def test_the_thumbnail_has_no_metadata(inspect: Inspect) -> None:
    data = samples.saved(
        _left_red_right_blue(), "JPEG", exif=samples.exif(6), comment=b"secret", icc_profile=b"x" * 200
    )
    thumbnail = inspect(data, "a.jpg").thumbnail
    assert thumbnail is not None
    picture = opened(thumbnail)
    assert not picture.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
    assert b"Understudy camera" in data
    assert b"Understudy camera" not in thumbnail


def test_broken_exif_does_not_matter(inspect: Inspect) -> None:
    data = samples.saved(_left_red_right_blue(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + b"\xff" * 40)
    assert inspect(data, "a.jpg").result["orientation"] == 1


def test_exif_in_text_that_is_none_does_not_matter(inspect: Inspect) -> None:
    data = samples.png(8, 8, extra=samples.png_chunk(b"tEXt", b"Raw profile type exif\x00\n\n\nnot hexadecimal"))
    assert inspect(data, "a.png").result["orientation"] == 1


def _colourful_gif(frames: int) -> bytes:
    """Frames of 256 colours, other ones each."""
    pictures = [Image.radial_gradient("L").resize((64, 64)).convert("P") for _ in range(frames)]
    for number, picture in enumerate(pictures):
        picture.putpalette([(level * (number + 3)) % 256 for level in range(768)])
    return samples.saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


FRAMES = {
    "GIF": (samples.gif(7), 7),
    "GIF with a colour table for each frame": (_colourful_gif(5), 5),
    "GIF of ten thousand frames": (samples.gif(10_000), 10_000),
    "GIF with nonsense before its first frame": (samples.gif(4, before=b"nonsense"), 4),
    "GIF with nonsense behind": (samples.gif(3, after=b";<html>"), 3),
    "TIFF": (samples.tiff(4), 4),
    "BigTIFF": (samples.tiff(3, big_tiff=True), 3),
    "APNG": (samples.image("PNG", save_all=True, append_images=[Image.new("RGB", (60, 40))] * 2), 3),
    "WebP": (samples.image("WEBP", save_all=True, append_images=[Image.new("RGB", (60, 40))]), 2),
    "AVIF": (samples.image("AVIF", save_all=True, append_images=[Image.new("RGB", (60, 40))]), 2),
    "MPO": (samples.image("MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))]), 2),
}


@pytest.mark.parametrize(("data", "frames"), FRAMES.values(), ids=FRAMES.keys())
def test_frames_are_counted(inspect: Inspect, data: bytes, frames: int) -> None:
    assert inspect(data, "a").result["frames"] == frames


def _comment(blocks: int) -> bytes:
    return b"\x21\xfe" + (b"\xff" + b"x" * 255) * blocks + b"\x00"


def _cyclic_tiff() -> bytes:
    """Its second page says that the first comes next."""
    data = bytearray(samples.tiff(2))
    first = struct.unpack_from("<I", data, 4)[0]
    second_at = first + 2 + 12 * struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, second_at)[0]
    struct.pack_into("<I", data, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], first)
    return bytes(data)


def _tiff_without_its_second_page() -> bytes:
    data = bytearray(samples.tiff(2))
    first = struct.unpack_from("<I", data, 4)[0]
    struct.pack_into("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], 0x7FFFFFF0)
    return bytes(data)


def test_a_tiff_whose_pages_go_round_ends(inspect: Inspect) -> None:
    assert inspect(_cyclic_tiff(), "a.tiff").result["frames"] == 2


def test_a_tiff_that_lost_a_page_is_refused_with_its_number(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable, match=r"^Page 2 cannot be read"):
        inspect(_tiff_without_its_second_page(), "a.tiff")


JPEG, PNG = samples.saved(_left_red_right_blue(), "JPEG"), samples.image("PNG", size=(200, 200))
REFUSED = {
    "a JPEG cut in the middle": (JPEG[: len(JPEG) // 2 + 200], "truncated"),
    "a JPEG cut before its end": (JPEG[:-30], "truncated"),
    "a PNG cut in the middle": (PNG[: len(PNG) // 2], "truncated"),
    "a GIF without a frame": (samples.gif(0), "damaged_image"),
    "only a signature": (b"\x89PNG\r\n\x1a\n", "damaged_image"),
    "a PNG without pixels": (samples.png(0, 10), "damaged_image"),
    "a PNG with a wrong checksum": (PNG[:50] + b"\xff\xff" + PNG[52:], "damaged_image"),
    "a WebP cut in the middle": (samples.image("WEBP", size=(300, 300))[:60], "damaged_image"),
    "an AVIF cut in the middle": (samples.image("AVIF")[:250], "damaged_image"),
    "a BMP without its pixels": (samples.image("BMP")[:80], "truncated"),
    "an icon cut in its picture": (samples.icon(PNG)[:40], "truncated"),
    "a TIFF without its pixels": (b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00", "damaged_image"),
    "too many pixels": (samples.png(10_000, 4_001), "too_many_pixels"),
    "too many pixels in an icon": (samples.icon(samples.png(10_000, 4_001)), "too_many_pixels"),
    "too many frames": (samples.gif(image_blocks.MOST_FRAMES + 1), "too_many_frames"),
    "too many comments": (samples.gif(1, before=_comment(5000)), "metadata_too_large"),
    "too many comments behind nonsense": (samples.gif(1, before=b"x" + _comment(5000)), "metadata_too_large"),
    "too many scans": (samples.progressive_jpeg(200), "too_many_scans"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_images_are_refused_with_a_reason(inspect: Inspect, data: bytes, code: str) -> None:
    assert refused(inspect, data) == code


def test_text_that_unfolds_to_megabytes_is_refused(inspect: Inspect) -> None:
    bomb = samples.png_chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(2_000_000)))
    assert refused(inspect, samples.png(8, 8, extra=bomb)) == "metadata_too_large"


def test_files_larger_than_any_image_worth_decoding_are_refused(
    monkeypatch: pytest.MonkeyPatch, inspect: Inspect
) -> None:
    monkeypatch.setattr(image, "MOST_BYTES", 100)
    assert refused(inspect, PNG) == "too_large"


def test_a_fault_of_the_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image.process(Context(tmp_path / "gone", "a", "", "image/png", 10, ignore))
    with pytest.raises(OSError, match="Input/output error"), image.faults_of_the_file():
        raise OSError(errno.EIO, "Input/output error")


def test_as_many_pixels_as_allowed_are_processed(inspect: Inspect) -> None:
    result = inspect(samples.png(10_000, 4_000), "a.png").result
    assert (result["width"], result["height"]) == (10_000, 4_000)


def test_blocks_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch, inspect: Inspect) -> None:
    monkeypatch.setattr(image_blocks, "MOST_GIF_BLOCKS", 50)
    assert refused(inspect, samples.gif(1, after=b"\x21\xfe" + b"\x01x" * 60 + b"\x00")) == "too_many_blocks"


def test_pages_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch, inspect: Inspect) -> None:
    monkeypatch.setattr(image_blocks, "MOST_FRAMES", 3)
    assert inspect(samples.tiff(3), "a.tiff").result["frames"] == 3
    assert refused(inspect, samples.tiff(4)) == "too_many_frames"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"P6 10 10 255 " + bytes(300), "application/octet-stream"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "application/postscript"),
        (samples.image("JPEG2000"), "image/jp2"),
    ],
    ids=["PPM", "EPS", "JPEG 2000"],
)
def test_formats_that_are_not_allowed_are_never_opened(inspect: Inspect, data: bytes, content_type: str) -> None:
    processed = inspect(data, "a.png", declared="image/png")
    assert processed.thumbnail is None
    assert processed.result["mismatch"]["detected"] == content_type


def test_a_polyglot_is_processed_as_what_it_begins_with(inspect: Inspect) -> None:
    processed = inspect(samples.gif(1) + b"<script>alert(1)</script>", "a.html")
    assert processed.result["format"] == "GIF"
    assert processed.thumbnail is not None
    assert b"script" not in processed.thumbnail
