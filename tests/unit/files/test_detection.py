"""What a file is, by its bytes: signatures, containers, texts, and what is none of them."""

import bz2
import gzip
import io
import lzma
import sqlite3
import struct
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.processors import registry
from apps.files.processors.detection import containers, signatures
from tests.unit.files import samples

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю.\nВот так.\n"


def detected(data: bytes, name: str = "", *, size: int | None = None) -> str:
    return registry.detect(data[: 64 * 1024], name, len(data) if size is None else size).content_type


BINARY = {
    "PNG": (samples.image("PNG"), "image/png"),
    "JPEG": (samples.image("JPEG"), "image/jpeg"),
    "GIF": (samples.gif(1), "image/gif"),
    "WebP": (samples.image("WEBP"), "image/webp"),
    "AVIF": (samples.image("AVIF"), "image/avif"),
    "BMP": (samples.image("BMP"), "image/bmp"),
    "ICO": (samples.image("ICO"), "image/vnd.microsoft.icon"),
    "TIFF, little end": (samples.tiff(1), "image/tiff"),
    "TIFF, big end": (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
    "BigTIFF": (samples.tiff(1, big_tiff=True), "image/tiff"),
    "JPEG 2000": (samples.image("JPEG2000"), "image/jp2"),
    "PSD": (b"8BPS\x00\x01" + bytes(20), "image/vnd.adobe.photoshop"),
    "JPEG XL": (b"\xff\x0a" + bytes(40), "image/jxl"),
    "HEIC": (samples.iso_media(b"heic", b"mif1"), "image/heic"),
    "AVIF as mif1": (samples.iso_media(b"mif1", b"avif"), "image/avif"),
    "CR3": (samples.iso_media(b"crx "), "image/x-canon-cr3"),
    "MP4": (samples.iso_media(b"isom", b"mp42"), "video/mp4"),
    "M4A": (samples.iso_media(b"M4A "), "audio/mp4"),
    "MOV": (samples.iso_media(b"qt  "), "video/quicktime"),
    "MOV without a brand": (b"\x00\x00\x00\x6cmoov" + bytes(100), "video/quicktime"),
    "3GP": (samples.iso_media(b"3gp4"), "video/3gpp"),
    "WebM": (samples.matroska(b"webm"), "video/webm"),
    "Matroska": (samples.matroska(b"matroska"), "video/x-matroska"),
    "AVI": (b"RIFF\x24\x00\x00\x00AVI LIST", "video/x-msvideo"),
    "WAV": (samples.wav(), "audio/wav"),
    "FLV": (b"FLV\x01\x05" + bytes(10), "video/x-flv"),
    "MPEG": (b"\x00\x00\x01\xba" + bytes(10), "video/mpeg"),
    "MPEG transport stream": ((b"G" + bytes(187)) * 4, "video/mp2t"),
    "Vorbis": (samples.ogg(b"\x01vorbis"), "audio/ogg"),
    "Theora": (samples.ogg(b"\x80theora"), "video/ogg"),
    "FLAC": (b"fLaC\x00\x00\x00\x22" + bytes(40), "audio/flac"),
    "MP3 with tags": (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(20), "audio/mpeg"),
    "MP3": (samples.mp3(), "audio/mpeg"),
    "MP3 of MPEG 2, padded": ((b"\xff\xf3\x82\x00" + bytes(205)) * 3, "audio/mpeg"),
    "AAC": (samples.aac(), "audio/aac"),
    "AIFF": (b"FORM\x00\x00\x00\x10AIFFCOMM", "audio/aiff"),
    "MIDI": (b"MThd\x00\x00\x00\x06\x00\x01", "audio/midi"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf"),
    "PDF behind junk": (b"HTTP header\r\n\r\n%PDF-1.4\n1 0 obj\n<<>>", "application/pdf"),
    "RTF": (b"{\\rtf1\\ansi hello}", "application/rtf"),
    "PostScript": (b"%!PS-Adobe-3.0\n", "application/postscript"),
    "DOC": (samples.ole("WordDocument"), "application/msword"),
    "XLS": (samples.ole("Workbook"), "application/vnd.ms-excel"),
    "OLE": (samples.ole("Something"), "application/x-ole-storage"),
    "zip": (samples.zipped(["a.txt", "word/notes.txt"]), "application/zip"),
    "empty zip": (samples.zipped([]), "application/zip"),
    "DOCX": (samples.zipped(["[Content_Types].xml", "word/document.xml"]), containers.DOCX),
    "DOCX with extra fields": (
        samples.zipped(["_rels/.rels", "word/document.xml"], extra=b"\xfe\xca\x00\x00"),
        containers.DOCX,
    ),
    "DOCX in a zip": (
        samples.zipped(["a.docx"], contents={"a.docx": samples.zipped(["word/document.xml"])}),
        "application/zip",
    ),
    "XLSX, sheets first": (samples.zipped(["docProps/app.xml", "xl/worksheets/sheet1.xml"]), containers.XLSX),
    "PPTX, streamed": (samples.streamed_zip(["_rels/.rels", "ppt/presentation.xml"]), containers.PPTX),
    "ODT": (
        samples.zipped(["mimetype"], contents={"mimetype": b"application/vnd.oasis.opendocument.text"}),
        "application/vnd.oasis.opendocument.text",
    ),
    "EPUB": (samples.zipped(["mimetype"], contents={"mimetype": b"application/epub+zip"}), "application/epub+zip"),
    "JAR": (samples.zipped(["META-INF/MANIFEST.MF", "A.class"]), "application/java-archive"),
    "gzip": (gzip.compress(b"a"), "application/gzip"),
    "bzip2": (bz2.compress(b"a"), "application/x-bzip2"),
    "xz": (lzma.compress(b"a"), "application/x-xz"),
    "Zstandard": (b"\x28\xb5\x2f\xfd" + bytes(10), "application/zstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(10), "application/x-7z-compressed"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
    "tar": (samples.tar(), "application/x-tar"),
    "tar, GNU": (samples.tar("x" * 200, tarfile.GNU_FORMAT), "application/x-tar"),
    "Debian package": (b"!<arch>\ndebian-binary   ", "application/vnd.debian.binary-package"),
    "CD image": (bytes(32769) + b"CD001" + bytes(100), "application/x-iso9660-image"),
    "ELF": (b"\x7fELF\x02\x01\x01", "application/x-elf"),
    "EXE": (b"MZ\x90\x00\x03" + bytes(60), "application/vnd.microsoft.portable-executable"),
    "class file": (b"\xca\xfe\xba\xbe\x00\x00\x00\x41", "application/java-vm"),
    "WebAssembly": (b"\x00asm\x01\x00\x00\x00", "application/wasm"),
    "Parquet": (b"PAR1\x15\x04\x15\x00" + bytes(40), "application/vnd.apache.parquet"),
    "WOFF2": (b"wOF2\x00\x01\x00\x00", "font/woff2"),
    "TrueType": (b"\x00\x01\x00\x00\x00\x0c\x00\x80" + bytes(20), "font/ttf"),
}


@pytest.mark.parametrize(("data", "content_type"), BINARY.values(), ids=BINARY.keys())
def test_binary_files_are_told_by_their_signature_whatever_their_name(data: bytes, content_type: str) -> None:
    assert detected(data, "data.json") == content_type


def test_a_database_is_told_by_its_signature(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    assert detected((tmp_path / "db").read_bytes()) == "application/vnd.sqlite3"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.docx", containers.DOCX), ("a.xlsx", containers.XLSX), ("a.bin", "application/zip")],
)
def test_an_office_package_that_shows_no_part_is_what_its_name_says(name: str, content_type: str) -> None:
    assert detected(samples.zipped(["[Content_Types].xml", "_rels/.rels"]), name) == content_type


TEXTS = {
    "nothing special": (b"Hello there,\nhow are you?\n", "", "text/plain"),
    "CSV by its name": (b"no delimiter at all", "a.csv", "text/csv"),
    "the name in capitals": (b"no delimiter at all", "A.CSV", "text/csv"),
    "TSV by its name": (b"a,b\n1,2\n", "a.tsv", "text/tab-separated-values"),
    "JSON by its name": (b"not JSON", "a.json", "application/json"),
    "the name beats the content": (b'{"a": 1}', "a.csv", "text/csv"),
    "an object": (b' \n{"a": 1}', "a.txt", "application/json"),
    "an array": (b"[1, 2", "", "application/json"),
    "an object in UTF-16": ('{"a": 1}'.encode("utf-16"), "", "application/json"),
    "an object behind a mark": (b'\xef\xbb\xbf{"a": 1}', "", "application/json"),
    "commas": (b"a,b\n1,2\n", "", "text/csv"),
    "semicolons, CRLF": (b"a;b\r\n1;2\r\n", "export.txt", "text/csv"),
    "pipes, CR": (b"a|b\r1|2", "", "text/csv"),
    "tabs": (b"a\tb\n1\t2\n", "", "text/tab-separated-values"),
    "commas within quotes": (b'a,b\n"x,y",2\n"z\nz",3\n', "", "text/csv"),
    "commas in Windows-1251": ("имя,сумма\nИван,2\n".encode("cp1251"), "", "text/csv"),
    "only one line": (b"a,b,c\n", "", "text/plain"),
    "not the same everywhere": (b"a,b\n1,2,3\n", "", "text/plain"),
    "an HTML page": (b"<!DOCTYPE html>\n<html><body>", "", "text/html"),
    "an HTML page named as an image": (b"<html><script>alert(1)</script>", "photo.png", "text/html"),
    "XHTML": (b'<?xml version="1.0"?>\n<!-- a -->\n<html xmlns="x">', "", "text/html"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg">', "", "image/svg+xml"),
    "SVG behind a prologue": (b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x">\n<svg>', "", "image/svg+xml"),
    "XML": (b'<?xml version="1.0"?><note/>', "", "application/xml"),
    "XML without a prologue": (b"<note>a</note>", "", "application/xml"),
    "no markup": (b"<3 this", "", "text/plain"),
    "Windows-1251": (RUSSIAN.encode("cp1251"), "", "text/plain"),
    "Windows-1251 that begins like MP3": ("ятаган\n".encode("cp1251"), "", "text/plain"),
    "UTF-16 with a mark": (RUSSIAN.encode("utf-16"), "", "text/plain"),
    "UTF-16 without a mark": (RUSSIAN.encode("utf-16-le"), "", "text/plain"),
    "UTF-16 of the other end": ("Plain words.".encode("utf-16-be"), "", "text/plain"),
    "a NUL here and there": (b"some words\x00and more words\n" * 3, "", "text/plain"),
    "bitmap by words": (b"BMW builds cars", "", "text/plain"),
    "program by words": (b"MZ is a prefix", "", "text/plain"),
    "PDF by words": (b"A file begins with %PDF-1.4 and so on", "", "text/plain"),
}


@pytest.mark.parametrize(("data", "name", "content_type"), TEXTS.values(), ids=TEXTS.keys())
def test_texts_are_told_by_extension_and_then_by_content(data: bytes, name: str, content_type: str) -> None:
    assert detected(data, name) == content_type


def test_a_line_cut_off_by_the_head_does_not_unmake_a_table() -> None:
    rows = b"first,second\n" * 10_000
    assert detected(rows, size=len(rows)) == "text/csv"


def test_a_character_cut_off_by_the_head_does_not_unmake_a_text() -> None:
    text = ("x" + "я" * 100_000).encode()
    assert detected(text, size=len(text)) == "text/plain"


NO_SOUND = {
    "not a version": b"\xff\xea\x90\x00",
    "not layer 3": b"\xff\xfd\x90\x00",
    "no bitrate": b"\xff\xfb\xf0\x00",
    "no sample rate": b"\xff\xfb\x9c\x00",
    "no second frame": b"\xff\xfb\x90\x00" + bytes(413) + b"\xff\xfd",
}


@pytest.mark.parametrize("data", NO_SOUND.values(), ids=NO_SOUND.keys())
def test_what_only_begins_like_mp3_is_none(data: bytes) -> None:
    assert detected(data + bytes(800)) == "application/octet-stream"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02\x03",
        bytes(1000),
        bytes(range(256)) * 20,
        b"\xff\xfe\x00\xdcab",
        struct.pack("<100i", *range(100)),
    ],
    ids=["nothing", "a few bytes", "zeros", "all bytes", "broken UTF-16", "numbers"],
)
def test_what_is_neither_known_nor_text_is_other(data: bytes) -> None:
    found = registry.detect(data, "a.txt", len(data))
    assert (found.kind, found.content_type) == ("other", "application/octet-stream")


POLYGLOTS = {
    "GIF and script": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "image/gif"),
    "JPEG and zip": (samples.image("JPEG") + samples.zipped(["a"]), "image/jpeg"),
    "PDF and HTML": (b"%PDF-1.4\n<html><script>alert(1)</script>", "application/pdf"),
    "GIF and PDF": (samples.gif(1) + b"%PDF-1.4\n1 0 obj", "image/gif"),
    "PNG and HTML": (samples.image("PNG") + b"<html>", "image/png"),
}


@pytest.mark.parametrize(("data", "content_type"), POLYGLOTS.values(), ids=POLYGLOTS.keys())
def test_a_polyglot_is_what_its_first_bytes_say(data: bytes, content_type: str) -> None:
    assert detected(data, "page.html") == content_type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.image("PNG"), "image"),
        (b"a;b\n1;2\n", "table"),
        (b"[]", "json"),
        (b"<svg>", "text"),
        (b"words", "text"),
        (samples.wav(), "other"),
        (samples.zipped(["xl/workbook.xml"]), "other"),
        (samples.iso_media(b"heic"), "other"),
    ],
    ids=["image", "table", "json", "SVG", "text", "audio", "spreadsheet", "an image without a processor"],
)
def test_the_kind_follows_from_the_content_type(data: bytes, kind: str) -> None:
    assert registry.detect(data, "", len(data)).kind == kind


def _heads() -> st.SearchStrategy[bytes]:
    """Arbitrary bytes, many of them behind a signature, so that the second looks are taken too."""
    magics = [bytes(row.offset) + row.magic for row in signatures.SIGNATURES if row.offset < 100]
    return st.builds(lambda *parts: b"".join(parts), st.sampled_from([b"", *magics]), st.binary(max_size=600))


@given(_heads(), st.text(max_size=20), st.integers(min_value=0, max_value=2**40))
def test_detection_never_raises_and_always_answers(head: bytes, name: str, size: int) -> None:
    found = registry.detect(head, name, size)
    assert found.kind in registry.kinds()
    assert "/" in found.content_type


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300))
def test_any_text_in_utf8_is_text(text: str) -> None:
    assert registry.detect(("." + text).encode(), "", 1000).kind in {"text", "table"}


def test_the_name_never_makes_detection_fail() -> None:
    for name in ("", ".", "..", "a.", ".csv", "a/b.csv", "\x00.csv", "a" * 300 + ".csv", "\ud800.json", "a.CSV "):
        assert registry.detect(b"words", name, 5).kind in {"text", "table", "json"}


def test_detection_reads_no_further_than_the_first_64_kib() -> None:
    text = io.BytesIO(b"word " * 20_000)
    assert registry.detect(text.getvalue(), "", 100_000) == registry.detect(text.read(64 * 1024), "", 100_000)
