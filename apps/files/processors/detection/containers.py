"""Formats that share a container with others: what is inside says which one a file is."""

import re
from collections.abc import Iterator

from apps.files.processors.detection.confirm import number

ZIP = "application/zip"
ZIP_ENTRY = b"PK\x03\x04"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OFFICE_BY_EXTENSION = {".docx": DOCX, ".docm": DOCX, ".xlsx": XLSX, ".xlsm": XLSX, ".pptx": PPTX, ".pptm": PPTX}

OLE = "application/x-ole-storage"
OLE_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}

#: Names of parts that no other archive has, and what an archive with such a part is.
_PARTS = (
    (re.compile(rb"word/(document\d*|styles|settings|fontTable|numbering)\.xml"), DOCX),
    (re.compile(rb"xl/(workbook\.|worksheets/|styles\.xml|sharedStrings\.xml)"), XLSX),
    (re.compile(rb"ppt/(presentation\.xml|slides/|slideMasters/|slideLayouts/)"), PPTX),
    (re.compile(rb"AndroidManifest\.xml$"), "application/vnd.android.package-archive"),
    (re.compile(rb"META-INF/MANIFEST\.MF$"), "application/java-archive"),
)
_PACKAGE_PARTS = {b"[Content_Types].xml", b"_rels/.rels"}
_NAMED_TYPE = re.compile(rb"application/(?:vnd\.oasis\.opendocument\.[a-z-]+|epub\+zip)")
_PDF = re.compile(rb"%PDF-[12]\.\d")
_PDF_OBJECT = re.compile(rb"\d+ \d+ obj\b")

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def type_of_zip(head: bytes, extension: str) -> str:
    """By the names of its first entries; the name of the file decides where an office package shows too few."""
    if head[30:38] == b"mimetype" and (named := _NAMED_TYPE.match(head, 38 + number(head, 28, 2))):
        return named.group().decode("ascii")
    names = list(_zip_names(head))
    for pattern, content_type in _PARTS:
        if any(pattern.match(name) for name in names):
            return content_type
    if _PACKAGE_PARTS.intersection(names):
        return OFFICE_BY_EXTENSION.get(extension, ZIP)
    return ZIP


def _zip_names(head: bytes) -> Iterator[bytes]:
    """The names of the entries whose headers the head shows; not those of archives inside the archive."""
    at = 0
    while head.startswith(ZIP_ENTRY, at):
        name_end = at + 30 + number(head, at + 26, 2)
        yield head[at + 30 : name_end]
        data = name_end + number(head, at + 28, 2)
        # Streamed archives (bit 3) tell an entry's size only behind it.
        is_streamed = number(head, at + 6, 2) & 8
        at = head.find(ZIP_ENTRY, data) if is_streamed else data + number(head, at + 18)


def type_of_ole(head: bytes, _extension: str) -> str:
    """Old office files, by the names of their streams, as far as the head shows the directory."""
    for stream, content_type in OLE_STREAMS.items():
        if stream.encode("utf-16-le") in head:
            return content_type
    return OLE


def type_of_iso_media(head: bytes, _extension: str) -> str:
    """MP4 and its relatives, by their brands."""
    brand, size = head[8:12], min(number(head, 0, big=True), 1024)
    others = {head[at : at + 4] for at in range(16, size, 4)}
    if brand in {b"avif", b"avis"} or (brand in {b"mif1", b"msf1"} and b"avif" in others):
        return "image/avif"
    if brand in _HEIF_BRANDS:
        return "image/heic"
    if brand == b"crx ":
        return "image/x-canon-cr3"
    if brand in {b"M4A ", b"M4B ", b"M4P "}:
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if brand[:2] == b"3g" else "video/mp4"


def type_of_matroska(head: bytes, _extension: str) -> str:
    return "video/webm" if b"webm" in head[:128] else "video/x-matroska"


def type_of_ogg(head: bytes, _extension: str) -> str:
    return "video/ogg" if b"\x80theora" in head[:1024] else "audio/ogg"


def late_pdf(head: bytes) -> str | None:
    """Readers accept a PDF behind up to 1 024 bytes of something else."""
    found = _PDF.search(head, 0, 1024 + 8)
    return "application/pdf" if found and _PDF_OBJECT.search(head, found.end()) else None
