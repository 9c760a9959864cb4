"""What a file's extension and the client's declared type claim, and whether its bytes contradict them.

A claim is believed as far as it can be: other names of a type are that type; `application/octet-stream` and an
unknown extension claim nothing; plain text is claimed rightly for any text that no browser would run; and text
in which detection saw nothing special contradicts no claim of text. Only a real contradiction is a mismatch.
"""

from apps.files.processors import detection
from apps.files.processors.base import Mismatch
from apps.files.processors.detection import containers, signatures
from apps.files.processors.detection.containers import DOCX, OLE, PPTX, XLSX, ZIP
from apps.files.processors.detection.texts import CSV, HTML, JSON, PLAIN, SVG, TSV, XML

EXCEL = "application/vnd.ms-excel"
EXECUTABLE = "application/vnd.microsoft.portable-executable"
MOST_CHARACTERS = 255

NOTHING_CLAIMED = {
    "",
    "*/*",
    "application/binary",
    "application/force-download",
    "application/octet-stream",
    "application/unknown",
    "application/x-binary",
    "application/x-download",
    "binary/octet-stream",
}

#: Other names, old ones mostly, of content types that detection uses.
_OTHER_NAMES = {
    "image/jpeg": "image/jpg image/pjpeg",
    "image/png": "image/x-png image/apng image/vnd.mozilla.apng",
    "image/bmp": "image/x-bmp image/x-ms-bmp",
    "image/vnd.microsoft.icon": "image/x-icon image/ico",
    "image/heic": "image/heif",
    "image/vnd.adobe.photoshop": "image/x-photoshop application/x-photoshop",
    SVG: "image/svg",
    XML: "text/xml",
    HTML: "application/xhtml+xml",
    CSV: "application/csv application/x-csv text/x-csv text/comma-separated-values",
    TSV: "text/tsv",
    JSON: "text/json application/x-json",
    "application/rtf": "text/rtf",
    "application/pdf": "application/x-pdf",
    "application/postscript": "application/eps",
    ZIP: "application/x-zip application/x-zip-compressed",
    "application/gzip": "application/x-gzip application/x-tgz",
    "application/x-bzip2": "application/x-bzip",
    "application/vnd.rar": "application/x-rar application/x-rar-compressed",
    "application/zstd": "application/x-zstd",
    "application/vnd.sqlite3": "application/x-sqlite3",
    EXECUTABLE: "application/x-msdownload application/x-dosexec",
    "application/java-archive": "application/x-java-archive",
    "audio/ogg": "application/ogg audio/opus",
    "audio/mpeg": "audio/mp3 audio/x-mp3 audio/x-mpeg",
    "audio/wav": "audio/wave audio/x-wav audio/vnd.wave",
    "audio/flac": "audio/x-flac",
    "audio/mp4": "audio/x-m4a audio/m4a",
    "audio/aac": "audio/x-aac",
    "audio/aiff": "audio/x-aiff",
    "audio/midi": "audio/mid audio/x-midi",
    "video/x-msvideo": "video/avi",
    "video/x-matroska": "video/matroska",
    "video/x-ms-asf": "video/x-ms-wmv audio/x-ms-wma",
    "video/mp4": "video/x-m4v",
    "video/3gpp": "video/3gpp2",
    "font/ttf": "font/sfnt application/x-font-ttf",
    "font/woff": "application/font-woff",
}

#: What an extension claims. One that is not here claims nothing.
_EXTENSIONS = {
    "image/png": ".png .apng",
    "image/jpeg": ".jpg .jpeg .jpe .jfif",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/vnd.microsoft.icon": ".ico",
    "image/tiff": ".tif .tiff",
    "image/heic": ".heic .heif",
    "image/jxl": ".jxl",
    "image/jp2": ".jp2",
    "image/vnd.adobe.photoshop": ".psd",
    SVG: ".svg",
    HTML: ".html .htm .xhtml",
    XML: ".xml",
    CSV: ".csv",
    TSV: ".tsv",
    JSON: ".json",
    PLAIN: ".txt .text .log .md .rst .ini .yaml .yml .toml .sql .py .js .css .sh .c .h .java .go .rs .rb .tex",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/epub+zip": ".epub",
    "application/msword": ".doc",
    EXCEL: ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    ZIP: ".zip",
    "application/gzip": ".gz .tgz",
    "application/x-tar": ".tar",
    "application/x-bzip2": ".bz2",
    "application/x-xz": ".xz",
    "application/zstd": ".zst",
    "application/x-7z-compressed": ".7z",
    "application/vnd.rar": ".rar",
    "application/java-archive": ".jar",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg .oga .opus",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/aiff": ".aiff .aif",
    "audio/midi": ".mid .midi",
    "video/mp4": ".mp4 .m4v",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "video/ogg": ".ogv",
    "video/x-flv": ".flv",
    "video/x-ms-asf": ".wmv .wma .asf",
    "video/mpeg": ".mpg .mpeg",
    EXECUTABLE: ".exe .dll",
    "application/wasm": ".wasm",
    "font/woff": ".woff",
    "font/woff2": ".woff2",
    "font/ttf": ".ttf",
    "font/otf": ".otf",
}

#: Claims that hold for a detected type although they name another: its envelope, or what a head cannot tell.
_ALSO_TRUE = {
    CSV: {TSV},
    TSV: {CSV},
    SVG: {XML},
    HTML: {XML},
    "audio/ogg": {"video/ogg"},
    "video/ogg": {"audio/ogg"},
    "video/mp4": {"audio/mp4", "video/quicktime", "video/3gpp"},
    "video/webm": {"audio/webm", "video/x-matroska"},
    "video/x-matroska": {"audio/x-matroska", "video/webm"},
    "video/mp2t": {"video/mpeg"},
    "image/avif": {"image/heic"},
    "application/gzip": {"application/x-tar", "application/x-compressed-tar", SVG},
    OLE: set(containers.OLE_STREAMS.values()),
    DOCX: {ZIP},
    XLSX: {ZIP},
    PPTX: {ZIP},
    "application/epub+zip": {ZIP},
    "application/java-archive": {ZIP},
    "application/vnd.android.package-archive": {ZIP},
}

ALIASES = {alias: name for name, aliases in _OTHER_NAMES.items() for alias in aliases.split()}
BY_EXTENSION = {extension: name for name, extensions in _EXTENSIONS.items() for extension in extensions.split()}
BY_EXTENSION |= containers.OFFICE_BY_EXTENSION
TEXTS = {PLAIN, CSV, TSV, JSON, HTML, SVG, XML}
RUN_BY_BROWSERS = {HTML, SVG}
#: What detection would have found if it were there.
DETECTABLE = {row.content_type for row in signatures.SIGNATURES} | {*ALIASES.values(), *BY_EXTENSION.values()}


def mismatch(name: str, declared: str, detected: str) -> Mismatch | None:
    """None unless the bytes contradict the extension or the declared type."""
    extension = detection.extension(name)
    if not _extension_contradicts(extension, detected) and not _declared_contradicts(declared, detected):
        return None
    return Mismatch(
        extension=extension[:MOST_CHARACTERS] or None,
        declared=declared[:MOST_CHARACTERS] or None,
        detected=detected,
    )


def canonical(declared: str) -> str:
    """A content type without parameters, in lower case, under the name that detection uses."""
    plain = declared.partition(";")[0].strip().lower()
    if plain in ALIASES or plain == SVG:
        return ALIASES.get(plain, plain)
    if plain.endswith("+json"):
        return JSON
    return XML if plain.endswith("+xml") else plain


def _extension_contradicts(extension: str, detected: str) -> bool:
    return _contradicts(BY_EXTENSION.get(extension, ""), detected)


def _declared_contradicts(declared: str, detected: str) -> bool:
    claim = canonical(declared)
    # Browsers on a Windows with Excel declare every CSV so.
    return not (claim == EXCEL and detected in {CSV, TSV}) and _contradicts(claim, detected)


def _contradicts(claim: str, detected: str) -> bool:
    if claim in NOTHING_CLAIMED or claim == detected or claim in _ALSO_TRUE.get(detected, ()):
        return False
    if detected == detection.UNKNOWN:
        return claim in DETECTABLE
    if detected in TEXTS:
        return _text_contradicts(claim, detected)
    return claim in DETECTABLE or _family(claim) != _family(detected)


def _text_contradicts(claim: str, detected: str) -> bool:
    if claim in TEXTS and claim != PLAIN:
        return detected != PLAIN
    if claim in DETECTABLE - TEXTS or _family(claim) in {"image", "audio", "video", "font"}:
        return True
    return detected in RUN_BY_BROWSERS  # claimed is some text, a note or a program


def _family(content_type: str) -> str:
    return content_type.partition("/")[0]
