"""Which encoding a text is found to have, and what becomes of bytes that fit none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.processors.formats import encodings

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Рубин, Сапфир, Танзанит.\n"
FRENCH = "L'été dernier, à la plage, où le café était très agréable, nous avons mangé des crêpes.\n"
GREEK = "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί.\n"


def found(path: Path, data: bytes) -> tuple[str, str]:
    """The name of the encoding, and the text read with it."""
    path.write_bytes(data)
    encoding = encodings.find(path)
    with path.open("rb") as file:
        return encoding.name, "".join(encodings.decoded_blocks(file, encoding))


CERTAIN = {
    "ASCII": (b"plain", "utf-8"),
    "UTF-8": (RUSSIAN.encode(), "utf-8"),
    "UTF-8 with a mark": (RUSSIAN.encode("utf-8-sig"), "utf-8"),
    "UTF-16, little end": (b"\xff\xfe" + RUSSIAN.encode("utf-16-le"), "utf-16-le"),
    "UTF-16, big end": (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), "utf-16-be"),
    "UTF-16 without a mark": (RUSSIAN.encode("utf-16-le"), "utf-16-le"),
    "UTF-16 without a mark, big end": (b"\x00h\x00i\x00!\x00!", "utf-16-be"),
    "UTF-32": ("\ufeffhello".encode("utf-32-le"), "utf-32-le"),
}


@pytest.mark.parametrize(("data", "name"), CERTAIN.values(), ids=CERTAIN.keys())
def test_an_encoding_that_shows_itself_is_taken(tmp_path: Path, data: bytes, name: str) -> None:
    encoding, text = found(tmp_path / "text", data)
    assert encoding == name
    assert "\ufffd" not in text
    assert "\ufeff" not in text


GUESSED = {
    "Russian in Windows-1251": (RUSSIAN, "cp1251", "windows-1251"),
    "one Russian word in Windows-1251": ("Рубин", "cp1251", "windows-1251"),
    "few Russian words among others": ("customer,item\nbob,Рубин\nann,Танзанит\n", "cp1251", "windows-1251"),
    "Russian in capitals": ("ПРИВЕТ, МИР\n", "cp1251", "windows-1251"),
    "Ukrainian in Windows-1251": ("Їжак і єнот п'ють чай. Україна має багато міст.\n", "cp1251", "windows-1251"),
    "Russian in KOI8-R": (RUSSIAN, "koi8-r", "koi8-r"),
    "Russian in DOS's 866": (RUSSIAN, "cp866", "cp866"),
    "French in Windows-1252": (FRENCH, "cp1252", "windows-1252"),
    "a French word": ("été", "cp1252", "windows-1252"),
    "Greek in Windows-1253": (GREEK, "cp1253", "windows-1253"),
    "Japanese in Shift JIS": ("日本語の文章をここに書きます。これは試験です。\n", "shift_jis", "cp932"),
}


@pytest.mark.parametrize(("text", "codec", "name"), GUESSED.values(), ids=GUESSED.keys())
def test_an_older_encoding_is_guessed(tmp_path: Path, text: str, codec: str, name: str) -> None:
    assert found(tmp_path / "text", text.encode(codec)) == (name, text)


def test_the_whole_file_decides_that_it_is_utf8(tmp_path: Path) -> None:
    data = b"plain words\n" * 50_000 + RUSSIAN.encode("cp1251") * 20
    encoding, text = found(tmp_path / "text", data)
    assert encoding == "windows-1251"
    assert text.endswith(RUSSIAN)


def test_a_damaged_byte_far_behind_does_not_make_utf8_something_else(tmp_path: Path) -> None:
    data = RUSSIAN.encode() * 3000
    encoding, text = found(tmp_path / "text", data[:300_000] + b"\xff" + data[300_000:])
    assert encoding == "utf-8"
    assert text.count("\ufffd") <= 3
    assert text.endswith(RUSSIAN)


def test_a_character_that_a_block_cuts_in_two_is_whole(tmp_path: Path) -> None:
    text = "x" + "я" * encodings.BLOCK_BYTES
    assert found(tmp_path / "text", text.encode()) == ("utf-8", text)


def test_bytes_of_no_encoding_are_said_to_be_so_and_stay_readable(tmp_path: Path) -> None:
    encoding, text = found(tmp_path / "text", b"id=" + bytes(range(0x80, 0x100)))
    assert encoding == "unknown-8bit"
    assert text.startswith("id=\ufffd")


def test_a_binary_file_with_zeros_in_every_second_byte_is_no_utf16() -> None:
    assert encodings.marked(bytes(range(1, 9)).join([b"\x00"] * 9)) is None
    assert encodings.marked(b"\x05\x00\x06\x00\x07\x00\x01\x00" * 10) is None


@given(st.binary(min_size=1, max_size=2000))
def test_any_bytes_are_decoded_somehow(data: bytes) -> None:
    encoding = encodings.marked(data) or encodings.guess(data)
    data.decode(encoding.codec, "replace")
