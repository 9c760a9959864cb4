"""Images: size, format, frames, dominant colour, and a thumbnail without any metadata.

Only the first frame is decoded, and only after the header has shown that it has at most 40 million pixels.
Memory for 40 million pixels, measured: 10 MB for a JPEG (240 MB for a progressive one), 160 to 190 MB for PNG,
BMP and TIFF, 360 MB for AVIF, 620 MB for WebP, whose library keeps several copies. A process decodes two large
images at once; further ones wait for their turn.
"""

import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypedDict

from PIL import ExifTags, Image, UnidentifiedImageError

from apps.files.errors import Unprocessable
from apps.files.processors.base import Context, Processed, Processor
from apps.files.processors.formats import image_blocks, pixels

MOST_PIXELS = 40_000_000
LARGE_PIXELS = 4_000_000
MOST_LARGE_AT_ONCE = 2

#: The one format of Pillow that may read a content type.
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/bmp": "BMP",
    "image/vnd.microsoft.icon": "ICO",
    "image/tiff": "TIFF",
}
MOST_BYTES = 256 * 1024 * 1024
#: Pillow reads these into memory as a whole.
MOST_BYTES_AT_ONCE = {"WEBP": 64 * 1024 * 1024, "AVIF": 64 * 1024 * 1024}

# Pillow's own limit, which is one of the process, refuses at twice its figure and warns at once. It holds also
# for the pictures inside of an icon, whose size no header outside tells.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

#: What Pillow's readers trip over in broken files, besides OSError without a number.
PILLOW_FAULTS: tuple[type[Exception], ...] = (SyntaxError, ValueError, TypeError, LookupError, ArithmeticError)
PILLOW_FAULTS += (AttributeError, EOFError, RuntimeError, AssertionError, struct.error, zlib.error)

_large_images = threading.BoundedSemaphore(MOST_LARGE_AT_ONCE)


class ImageResult(TypedDict):
    """Of the first frame, as it is to be shown: turned as `orientation`, EXIF's, tells."""

    width: int
    height: int
    format: str | None
    mode: str
    frames: int
    orientation: int
    dominant_color: str


def process(context: Context) -> Processed:
    format_ = FORMATS[context.content_type]
    if context.size > MOST_BYTES_AT_ONCE.get(format_, MOST_BYTES):
        raise Unprocessable("too_large", f"A {format_} image of {context.size} bytes is too large to be looked into.")
    with context.path.open("rb") as file, faults_of_the_file():
        frames = _frames_by_blocks(file, format_)
        with Image.open(file, formats=[format_]) as picture:
            if picture.width * picture.height > LARGE_PIXELS:
                with _large_images:
                    return _described(picture, frames)
            return _described(picture, frames)


def _described(picture: Image.Image, frames: int | None) -> Processed:
    width, height = picture.size
    frames = getattr(picture, "n_frames", 1) if frames is None else frames
    facts = {"format": picture.format, "mode": picture.mode, "frames": frames}
    # Pillow turns a TIFF while it decodes it, and forgets how; a PNG may have its EXIF behind the pixels.
    is_turned = picture.format == "TIFF"
    orientation = _orientation(picture) if is_turned else 1
    small = pixels.shrunk(picture)
    if not is_turned:
        orientation = _orientation(picture)
        small = pixels.turned(small, orientation)
        width, height = (height, width) if orientation >= 5 else (width, height)
    result = {"width": width, "height": height, **facts, "orientation": orientation}
    return Processed({**result, "dominant_color": pixels.dominant_colour(small)}, pixels.webp(small))


def _frames_by_blocks(file: BinaryIO, format_: str) -> int | None:
    """The number of frames where Pillow would have to read them all; None where it knows from the header."""
    if format_ == "GIF":
        return image_blocks.gif_frames(file)
    if format_ == "TIFF":
        return image_blocks.tiff_pages(file)
    if format_ == "JPEG":
        image_blocks.check_jpeg_scans(file)
    return None


def _orientation(picture: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; broken EXIF says nothing."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation)
    except PILLOW_FAULTS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


@contextmanager
def faults_of_the_file() -> Iterator[None]:
    """Pillow's errors as sentences for people. Its own may name a path of the server, so they are not shown."""
    try:
        yield
    except Image.DecompressionBombError:
        limit = f"{MOST_PIXELS:,}".replace(",", " ")
        raise Unprocessable("too_many_pixels", f"The image has more than {limit} pixels.") from None
    except UnidentifiedImageError:
        raise Unprocessable("damaged_image", "The file begins like an image but its header is broken.") from None
    except OSError as error:
        if error.errno is not None:  # the system's
            raise
        raise _damage(error) from error
    except PILLOW_FAULTS as error:
        raise _damage(error) from error


def _damage(error: Exception) -> Unprocessable:
    reason = str(error).lower()
    if "truncated" in reason:
        return Unprocessable("truncated", "The image ends before all of its pixels are there.")
    if "too large" in reason or "too much memory" in reason:
        return Unprocessable("metadata_too_large", "Text or a colour profile in the image is too large when unpacked.")
    return Unprocessable("damaged_image", "The image's data is damaged.")


PROCESSOR = Processor(kind="image", content_types=frozenset(FORMATS), process=process, result=ImageResult)
