"""Builds the files that the tests of file kinds look at, so that none has to lie in the repository."""

import io
import struct
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from PIL import Image

RED, BLUE = (200, 30, 40), (20, 40, 210)


def image(
    format_: str, *, mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: Any = None, **options: Any
) -> bytes:
    """A picture of one colour."""
    picture = Image.new(mode, size, colour if colour is not None else (RED if mode == "RGB" else 0))
    return saved(picture, format_, **options)


def saved(picture: Image.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_, **options)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    """An EXIF block with an orientation and a place."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = "Understudy camera"
    block.get_ifd(0x8825)[1] = "N"
    return block


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *, extra: bytes = b"", bits: int = 1) -> bytes:
    """A black grey-scale PNG made without its pixels ever being in memory; `extra` chunks before them."""
    left = ((width * bits + 7) // 8 + 1) * height
    packer, packed, zeros = zlib.compressobj(9), [], bytes(1 << 16)
    while left > 0:
        packed.append(packer.compress(zeros[: min(left, len(zeros))]))
        left -= len(zeros)
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", b"".join([*packed, packer.flush()]))
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels + png_chunk(b"IEND", b"")


def icon(picture: bytes) -> bytes:
    """An icon that claims 256 pixels a side and holds this PNG."""
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), 22) + picture


def gif_parts() -> tuple[bytes, bytes]:
    """The header of a GIF with its colour table, and one frame."""
    whole = image("GIF", mode="P", size=(8, 8), colour=0)
    frame_at = whole.index(b"\x2c")
    return whole[:frame_at], whole[frame_at:-1]


def gif(frames: int, *, before: bytes = b"", after: bytes = b"") -> bytes:
    header, frame = gif_parts()
    return header + before + frame * frames + after + b";"


def progressive_jpeg(scans: int) -> bytes:
    """A progressive JPEG whose last scan is there so many times more."""
    whole = image("JPEG", progressive=True, comment=b"x" * 1000)
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * scans + whole[-2:]


def tiff(pages: int, **options: Any) -> bytes:
    picture = Image.new("RGB", (20, 10), RED)
    return saved(picture, "TIFF", save_all=True, append_images=[picture] * (pages - 1), **options)


def zipped(names: Iterable[str], *, contents: dict[str, bytes] | None = None, extra: bytes = b"") -> bytes:
    """`extra` is what some programs put between an entry's name and its data."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.extra = extra
            archive.writestr(entry, (contents or {}).get(name, b"x"))
    return file.getvalue()


def streamed_zip(names: Iterable[str]) -> bytes:
    """A zip written to a pipe, whose headers do not say how long entries are."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, block: Any) -> int:
            self.data += block
            return len(block)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]
        for name in names:
            archive.writestr(name, b"some content")
    return bytes(pipe.data)


def tar(name: str = "a.txt", format_: int = tarfile.USTAR_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format_) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return file.getvalue()


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return file.getvalue()


def iso_media(brand: bytes, *others: bytes) -> bytes:
    body = brand + bytes(4) + b"".join(others)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(64)


def mp3(frames: int = 3) -> bytes:
    """Silent frames of 128 kbit/s at 44.1 kHz, each of 417 bytes."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def aac(frames: int = 3) -> bytes:
    length = 64
    header = b"\xff\xf1\x50" + bytes([0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC])
    return (header + bytes(length - 7)) * frames


def ogg(codec: bytes) -> bytes:
    return b"OggS\x00\x02" + bytes(20) + b"\x01\x1e" + codec + bytes(60)


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + stream.encode("utf-16-le") + bytes(200)


def matroska(doctype: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x93\x42\x82" + bytes([0x80 | len(doctype)]) + doctype + bytes(40)
