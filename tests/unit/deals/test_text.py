"""From bytes to text: every accepted encoding, cut anywhere, and an error with its place for everything else."""

import io

import pytest

from apps.deals.parser.faults import BadTextError
from apps.deals.parser.text import Text, is_supported
from tests.unit.deals.support import Dripping

ROWS = "customer;item\nКлиент;Рубин\nanna;Ёлочный шар\n"
SAVE = "save the file as UTF-8"
SAVE_OR_DECLARE = f"{SAVE}, or send charset=windows-1251 with it if it is that"
PIECES = [1, 2, 3, 7, 4096]


def decode(raw: bytes, *, piece_bytes: int = 4096, charset: str | None = None) -> tuple[str, str]:
    text = Text(io.BytesIO(raw), charset=charset, piece_bytes=piece_bytes)
    decoded = "".join(text)
    assert text.bytes_read == len(raw)
    return decoded, text.encoding


def given_before(raw: bytes, *, piece_bytes: int = 4096, charset: str | None = None) -> tuple[str, str]:
    """What comes before the fault, and the fault."""
    pieces: list[str] = []
    with pytest.raises(BadTextError) as refused:
        pieces.extend(Text(io.BytesIO(raw), charset=charset, piece_bytes=piece_bytes))
    return "".join(pieces), refused.value.detail


@pytest.mark.parametrize("piece_bytes", PIECES)
@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (ROWS.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + ROWS.encode(), "utf-8"),
        (b"\xff\xfe" + ROWS.encode("utf-16-le"), "utf-16"),
        (b"\xfe\xff" + ROWS.encode("utf-16-be"), "utf-16"),
        (ROWS.encode("cp1251"), "windows-1251"),
    ],
    ids=["utf-8", "utf-8 with its mark", "utf-16-le", "utf-16-be", "windows-1251"],
)
def test_every_accepted_encoding_is_found_wherever_the_pieces_are_cut(
    raw: bytes, encoding: str, piece_bytes: int
) -> None:
    assert decode(raw, piece_bytes=piece_bytes) == (ROWS, encoding)


def test_a_stream_may_give_less_than_asked_for() -> None:
    text = Text(Dripping(b"\xff\xfe" + ROWS.encode("utf-16-le"), 1), charset=None, piece_bytes=4096)

    assert "".join(text) == ROWS


@pytest.mark.parametrize("raw", [b"", b"\xef\xbb\xbf", b"\xff\xfe"], ids=["nothing", "utf-8 mark", "utf-16 mark"])
def test_no_text_is_no_error(raw: bytes) -> None:
    assert decode(raw)[0] == ""


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_windows_1251_is_found_after_any_amount_of_ascii(piece_bytes: int) -> None:
    ascii_rows = "anna;Ruby\n" * 2_000

    assert decode(ascii_rows.encode() + ROWS.encode("cp1251"), piece_bytes=piece_bytes) == (
        ascii_rows + ROWS,
        "windows-1251",
    )


@pytest.mark.parametrize(
    "raw",
    ["café;1\n".encode("latin-1"), "Müller;Größe\n".encode("cp1252"), b"anna;\xff\n"],
    ids=["latin-1", "cp1252", "one byte"],
)
def test_what_does_not_read_as_cyrillic_is_not_guessed(raw: bytes) -> None:
    start = next(index for index, byte in enumerate(raw) if byte >= 128)

    before, detail = given_before(raw)

    assert before == raw[:start].decode()
    assert detail == f"the byte 0x{raw[start]:02X} at offset {start} of the file is not UTF-8: {SAVE_OR_DECLARE}"


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_utf_8_is_not_given_up_once_it_was_used(piece_bytes: int) -> None:
    good = "Рубин;1\n" * 3
    raw = good.encode() + "Сапфир".encode("cp1251") + b";2\n"

    before, detail = given_before(raw, piece_bytes=piece_bytes)

    assert before == good
    assert f"at offset {len(good.encode())} of the file is not UTF-8" in detail


def test_an_undefined_byte_of_windows_1251_is_an_error_with_its_place() -> None:
    good = "Рубин;1\n"

    before, detail = given_before(good.encode("cp1251") + b"\x98;2\n")

    assert before == good
    assert detail == f"the byte 0x98 at offset {len(good)} of the file is not Windows-1251: {SAVE}"


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"\xff\xfea\0b", "UTF-16"), (b"\xff\xfe\x00\xd8a\0", "UTF-16"), ("anna;Ру".encode()[:-1], "UTF-8")],
    ids=["half a character", "half a pair", "cut off"],
)
def test_a_text_that_breaks_off_is_an_error(raw: bytes, name: str) -> None:
    assert f"is not {name}: {SAVE}" in given_before(raw)[1]


@pytest.mark.parametrize(
    ("raw", "charset", "advice"),
    [
        (b"caf\xe9;1\n", None, SAVE_OR_DECLARE),
        (b"caf\xe9;1\n", "utf-8", SAVE_OR_DECLARE),
        (b"\xef\xbb\xbfcaf\xe9;1\n", None, SAVE),  # its mark would be believed more
        (b"\xff\xfea\0b", None, SAVE),
        (b"caf\x98;1\n", "windows-1251", SAVE),
    ],
    ids=["UTF-8", "declared UTF-8", "UTF-8 with its mark", "UTF-16", "declared Windows-1251"],
)
def test_what_is_no_text_comes_with_what_helps(raw: bytes, charset: str | None, advice: str) -> None:
    assert given_before(raw, charset=charset)[1].partition(": ")[2] == advice


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_a_declared_charset_is_taken_at_its_word(piece_bytes: int) -> None:
    raw = "café;1\n".encode("cp1251", "ignore") + b"\xe9\n"

    assert decode(raw, charset="windows-1251", piece_bytes=piece_bytes) == ("caf;1\nй\n", "windows-1251")
    assert given_before("Рубин".encode("cp1251"), charset="UTF-8")[0] == ""


def test_a_byte_order_mark_is_believed_more_than_the_client() -> None:
    assert decode(b"\xef\xbb\xbf" + ROWS.encode(), charset="windows-1251") == (ROWS, "utf-8")


@pytest.mark.parametrize(
    ("charset", "supported"),
    [
        ("utf-8", True),
        ("UTF8", True),
        ("us-ascii", True),
        ("utf-16", True),
        ("cp1251", True),
        ("Windows-1251", True),
        ("latin-1", False),
        ("koi8-r", False),
        ("utf-7", False),
        ("no such thing", False),
        ("utf-8\0", False),
        ("rot13", False),
        (f"windows{'-' * 29}1251", True),
        (f"windows{'-' * 30}1251", False),
    ],
)
def test_only_accepted_charsets_can_be_declared(charset: str, supported: bool) -> None:
    assert is_supported(charset) is supported
