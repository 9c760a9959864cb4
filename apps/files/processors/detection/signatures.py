"""The bytes that binary formats begin with, one row each.

A row with short or printable magic carries a check, so that no text is taken for it. The first row that fits
wins. A row's content type may be a function of the bytes, for containers that hold several formats.
"""

from collections.abc import Callable
from typing import NamedTuple

from apps.files.processors.detection import confirm, containers


class Signature(NamedTuple):
    """`magic` at `offset`, and what `check` says of the whole head."""

    content_type: str | Callable[[bytes, str], str]
    magic: bytes
    offset: int = 0
    check: Callable[[bytes], bool] | None = None


SIGNATURES = (
    # images
    Signature("image/png", b"\x89PNG\r\n\x1a\n"),
    Signature("image/jpeg", b"\xff\xd8\xff"),
    Signature("image/gif", b"GIF87a"),
    Signature("image/gif", b"GIF89a"),
    Signature("image/webp", b"WEBP", 8, confirm.is_riff),
    Signature("image/bmp", b"BM", 0, confirm.is_bmp),
    Signature("image/vnd.microsoft.icon", b"\x00\x00\x01\x00", 0, confirm.is_icon),
    Signature("image/tiff", b"II*\x00"),
    Signature("image/tiff", b"MM\x00*"),
    Signature("image/tiff", b"II+\x00"),
    Signature("image/tiff", b"MM\x00+"),
    Signature("image/vnd.adobe.photoshop", b"8BPS\x00"),
    Signature("image/jp2", b"\x00\x00\x00\x0cjP  \r\n\x87\n"),
    Signature("image/jp2", b"\xff\x4f\xff\x51"),
    Signature("image/jxl", b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
    Signature("image/jxl", b"\xff\x0a", 0, confirm.is_binary),
    Signature("image/vnd.djvu", b"AT&TFORM"),
    Signature("image/x-exr", b"\x76\x2f\x31\x01"),
    # video and audio
    Signature(containers.type_of_iso_media, b"ftyp", 4),
    Signature("video/quicktime", b"moov", 4, confirm.is_box),
    Signature("video/quicktime", b"mdat", 4, confirm.is_box),
    Signature("video/quicktime", b"wide", 4, confirm.is_box),
    Signature(containers.type_of_matroska, b"\x1a\x45\xdf\xa3"),
    Signature("video/x-msvideo", b"AVI ", 8, confirm.is_riff),
    Signature("audio/wav", b"WAVE", 8, confirm.is_riff),
    Signature("video/x-flv", b"FLV\x01"),
    Signature("video/x-ms-asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    Signature("video/mpeg", b"\x00\x00\x01\xba"),
    Signature("video/mpeg", b"\x00\x00\x01\xb3"),
    Signature("video/mp2t", b"G", 0, confirm.is_transport_stream),
    Signature(containers.type_of_ogg, b"OggS\x00"),
    Signature("audio/flac", b"fLaC", 0, confirm.is_flac),
    Signature("audio/mpeg", b"ID3", 0, confirm.is_id3),
    Signature("audio/mpeg", b"\xff", 0, confirm.is_mpeg_audio),
    Signature("audio/aac", b"\xff", 0, confirm.is_adts),
    Signature("audio/aiff", b"AIFF", 8, confirm.is_iff),
    Signature("audio/aiff", b"AIFC", 8, confirm.is_iff),
    Signature("audio/amr", b"#!AMR\n"),
    Signature("audio/midi", b"MThd\x00\x00\x00\x06"),
    Signature("audio/basic", b".snd\x00\x00"),
    # documents
    Signature("application/pdf", b"%PDF-"),
    Signature("application/rtf", b"{\\rtf"),
    Signature("application/postscript", b"%!PS"),
    Signature("application/postscript", b"\xc5\xd0\xd3\xc6"),
    Signature(containers.type_of_ole, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    # archives, and formats that are archives inside
    Signature(containers.type_of_zip, b"PK\x03\x04"),
    Signature("application/zip", b"PK\x05\x06"),
    Signature("application/zip", b"PK\x07\x08PK"),
    Signature("application/gzip", b"\x1f\x8b\x08"),
    Signature("application/x-bzip2", b"BZh", 0, confirm.is_bzip2),
    Signature("application/x-xz", b"\xfd7zXZ\x00"),
    Signature("application/zstd", b"\x28\xb5\x2f\xfd"),
    Signature("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    Signature("application/vnd.rar", b"Rar!\x1a\x07"),
    Signature("application/x-lz4", b"\x04\x22\x4d\x18"),
    Signature("application/x-lzip", b"LZIP\x01"),
    Signature("application/x-compress", b"\x1f\x9d"),
    Signature("application/vnd.debian.binary-package", b"!<arch>\ndebian-binary"),
    Signature("application/x-archive", b"!<arch>\n"),
    Signature("application/vnd.ms-cab-compressed", b"MSCF\x00\x00\x00\x00"),
    Signature("application/x-rpm", b"\xed\xab\xee\xdb"),
    Signature("application/x-iso9660-image", b"CD001", 32769),
    Signature("application/x-tar", b"", 0, confirm.is_tar),
    # programs, data, fonts
    Signature("application/x-elf", b"\x7fELF"),
    Signature("application/vnd.microsoft.portable-executable", b"MZ", 0, confirm.is_binary),
    Signature("application/java-vm", b"\xca\xfe\xba\xbe", 0, confirm.is_java_class),
    Signature("application/x-mach-binary", b"\xca\xfe\xba\xbe"),
    Signature("application/x-mach-binary", b"\xcf\xfa\xed\xfe"),
    Signature("application/x-mach-binary", b"\xce\xfa\xed\xfe"),
    Signature("application/wasm", b"\x00asm"),
    Signature("application/vnd.sqlite3", b"SQLite format 3\x00"),
    Signature("application/vnd.apache.parquet", b"PAR1", 0, confirm.is_binary),
    Signature("application/vnd.apache.arrow.file", b"ARROW1\x00\x00"),
    Signature("application/x-hdf5", b"\x89HDF\r\n\x1a\n"),
    Signature("application/vnd.tcpdump.pcap", b"\xd4\xc3\xb2\xa1"),
    Signature("application/x-npy", b"\x93NUMPY"),
    Signature("font/woff", b"wOFF\x00"),
    Signature("font/woff", b"wOFFOTTO"),
    Signature("font/woff2", b"wOF2\x00"),
    Signature("font/woff2", b"wOF2OTTO"),
    Signature("font/otf", b"OTTO\x00"),
    Signature("font/ttf", b"\x00\x01\x00\x00\x00", 0, confirm.is_truetype),
    Signature("font/collection", b"ttcf\x00"),
)


def content_type_of(head: bytes, extension: str) -> str | None:
    for content_type, magic, offset, check in SIGNATURES:
        if head.startswith(magic, offset) and (check is None or check(head)):
            return content_type if isinstance(content_type, str) else content_type(head, extension)
    return None
