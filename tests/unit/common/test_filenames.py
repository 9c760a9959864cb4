"""Whatever a client calls its file, it gets a harmless name."""

import encodings
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common import filenames

NAMES = {
    "plain": ("photo.jpg", "photo.jpg"),
    "Cyrillic": ("жук.txt", "жук.txt"),
    "path": ("../../x", "x"),
    "absolute path": ("/etc/passwd", "passwd"),
    "Windows path": ("C:\\x\\y.png", "y.png"),
    "mixed path": ("a\\b/c.txt", "c.txt"),
    "folder": ("a/b/", "b"),
    "dots": ("..", "unnamed"),
    "dot": (".", "unnamed"),
    "path of dots": ("a/..", "unnamed"),
    "empty": ("", "unnamed"),
    "white space": ("  ", "unnamed"),
    "slashes": ("//", "unnamed"),
    "hidden": (".htaccess", ".htaccess"),
    "leading dash": ("-rf", "-rf"),
    "device": ("CON", "CON"),
    "NUL": ("a\0b.txt", "ab.txt"),
    "only control characters": ("\x01\x7f\x85", "unnamed"),
    "line breaks": ("a\r\nb\u2028c", "abc"),
    "right-to-left override": ("gpj\u202egnp.exe", "gpjgnp.exe"),
    "zero width": ("a\u200bb\ufeffc\xadd", "abcd"),
    "half a surrogate": ("a\ud800b", "ab"),
    "HTML entities": ("a&amp;b&#47;c.txt", "a&amp;b&#47;c.txt"),
    "hidden slash": ("a/\0", "a"),
    "255 characters": ("ж" * 251 + ".txt", "ж" * 251 + ".txt"),
    "256 characters": ("ж" * 252 + ".txt", "ж" * 251 + ".txt"),
    "long with a dot in front": ("." + "x" * 300, "." + "x" * 254),
    "long extension": ("a." + "x" * 300, "a." + "x" * 253),
    "long without extension": ("x" * 300, "x" * 255),
}


@pytest.mark.parametrize(("sent", "cleaned"), NAMES.values(), ids=NAMES.keys())
def test_a_name_is_cleaned_and_never_refused(sent: str, cleaned: str) -> None:
    assert filenames.clean(sent) == cleaned


@given(st.text())
def test_a_cleaned_name_is_harmless_whatever_it_was(sent: str) -> None:
    name = filenames.clean(sent)
    assert 1 <= len(name) <= 255
    assert not {"/", "\\"} & set(name)
    assert name not in {".", ".."}
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cf", "Cs"}
    assert filenames.clean(name) == name
    name.encode()


def header(text: str, encoding: str = "utf-8") -> str:
    """A header's value as the parser gives it: one character for each byte."""
    return f"form-data; name=file{text}".encode(encoding).decode("latin-1")


DISPOSITIONS = {
    "none": ("", None, None),
    "plain": ('; filename="a.txt"', "a.txt", "a.txt"),
    "empty": ('; filename=""', "", ""),
    "UTF-8": ('; filename="жук"', "жук".encode().decode("latin-1"), "жук"),
    "bare with a space": ("; filename=my photo.jpg", None, "my photo.jpg"),
    "bare UTF-8": ("; FileName=жук.txt; x=y", None, "жук.txt"),
    "unfinished quote": ('; filename="a.txt', None, "a.txt"),
    "extended": (f"; filename*=UTF-8''{quote('жук €.txt')}", None, "жук €.txt"),
    "extended in Latin-1": ("; filename*=iso-8859-1'en'%A3%20rates", None, "£ rates"),
    "extended in Windows-1251": ("; filename*=windows-1251''%E6%F3%EA", None, "жук"),
    "extended without a charset": ("; filename*=''%D0%B6", None, "ж"),
    "extended in an unknown charset": ("; filename*=nonsense''%D0%B6", None, "ж"),
    "extended that is not its charset": ("; filename*=UTF-8''%FF.txt", None, "\ufffd.txt"),
    "extended wins": ("; filename=\"plain.txt\"; filename*=UTF-8''better.txt", "plain.txt", "better.txt"),
    "extended without a name": ("; filename=\"plain.txt\"; filename*=UTF-8''", "plain.txt", "plain.txt"),
    "extended without apostrophes": ('; filename="plain.txt"; filename*=better.txt', "plain.txt", "plain.txt"),
    "extended inside of quotes": (
        "; filename=\"a; filename*=UTF-8''b\"",
        "a; filename*=UTF-8''b",
        "a; filename*=UTF-8''b",
    ),
}


@pytest.mark.parametrize(("sent", "parsed", "name"), DISPOSITIONS.values(), ids=DISPOSITIONS.keys())
def test_the_name_is_found_in_the_header(sent: str, parsed: str | None, name: str | None) -> None:
    assert filenames.sent_name(header(sent), parsed) == name


def test_a_name_in_another_encoding_is_read_with_marks_for_what_is_unknown() -> None:
    sent = "жук.txt".encode("cp1251").decode("latin-1")
    assert filenames.sent_name(f'form-data; name="file"; filename="{sent}"', sent) == "\ufffd\ufffd\ufffd.txt"


@pytest.mark.parametrize("declared", ["punycode", "IDNA", "zip", "rot13", "no-such", "", None])
def test_a_charset_that_is_none_for_text_or_too_slow_is_not_used(declared: str | None) -> None:
    assert filenames.text_codec(declared) is None


def test_a_charset_for_text_is_used() -> None:
    assert filenames.text_codec("windows-1251") == "cp1251"


def test_no_long_name_of_a_charset_is_kept() -> None:
    known = len(encodings._cache)  # type: ignore[attr-defined]
    for number in range(3):
        declared = f"{number}{'x' * 1000}"
        assert filenames.text_codec(declared) is None
        assert filenames.sent_name(f"form-data; filename*={declared}''a.txt", None) == "a.txt"
    assert len(encodings._cache) == known  # type: ignore[attr-defined]
