"""The name a client gave its file: found in a part's headers, cleaned, never a reason to refuse the file.

A cleaned name is for showing and for guessing a type. It is never a path.
"""

import codecs
import re
import unicodedata
from urllib.parse import unquote_to_bytes

UNNAMED = "unnamed"
MAX_CHARACTERS = 255
MAX_EXTENSION_CHARACTERS = 32

#: The longest name of an encoding that is looked up: Python remembers each one it was ever asked for, unknown ones too.
MAX_CHARSET_CHARACTERS = 64

#: Their decoders take the square of the length: a megabyte keeps a thread busy for twenty seconds.
QUADRATIC_CODECS = {"punycode", "idna"}

#: Control, format (the right-to-left override is one) and surrogate characters, line and paragraph separators.
UNWANTED_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}

_QUOTED = re.compile(r'"(?:\\"|[^"])*"')
_EXTENDED = re.compile(r";\s*filename\*\s*=\s*([^';\s]*)'[^';]*'([^;\s]*)", re.IGNORECASE)
_BARE = re.compile(r';\s*filename\s*=\s*"?([^";]*)', re.IGNORECASE)


def sent_name(disposition: str, parsed: str | None) -> str | None:
    """The file name of a Content-Disposition, None where there is none.

    `disposition` is the header's value and `parsed` the plain `filename` found in it, both with one character
    for each byte. `filename*` (RFC 5987) wins where it can be read, because who sends both means the plain one
    for old servers.
    """
    extended = _EXTENDED.search(_QUOTED.sub('""', disposition))
    if extended and (name := _decoded(unquote_to_bytes(extended[2].encode("latin-1")), extended[1])):
        return name
    if parsed is None and (bare := _BARE.search(disposition)):
        parsed = bare[1]  # without its quotes, and with characters that would have asked for them
    return None if parsed is None else parsed.encode("latin-1", "replace").decode("utf-8", "replace")


def clean(name: str) -> str:
    """The last component of the path, of at most 255 harmless characters; `unnamed` where none is left."""
    text = "".join(c for c in name if unicodedata.category(c) not in UNWANTED_CATEGORIES)
    last = next((part for part in reversed(re.split(r"[/\\]", text)) if part), "")
    if last.strip() in {"", ".", ".."}:
        return UNNAMED
    return _shortened(last)


def _shortened(name: str) -> str:
    if len(name) <= MAX_CHARACTERS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION_CHARACTERS:
        return name[:MAX_CHARACTERS]
    return stem[: MAX_CHARACTERS - len(dot) - len(extension)] + dot + extension


def text_codec(declared: str | None) -> str | None:
    """The Python codec of a declared charset; None where it is none for text, or costs more than it is worth."""
    if declared is None or len(declared) > MAX_CHARSET_CHARACTERS:
        return None
    try:
        name = codecs.lookup(declared).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return None if name in QUADRATIC_CODECS else name


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(text_codec(charset) or "utf-8", "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")
