"""Base64 that comes in pieces is the same as base64 that comes at once."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.transfer_encoding import Base64, decoder_of


@given(content=st.binary(), size=st.integers(1, 20))
def test_the_size_of_the_pieces_does_not_matter(content: bytes, size: int) -> None:
    encoded = base64.encodebytes(content)
    decoder = decoder_of("base64")
    decoded = b"".join(decoder.feed(encoded[i : i + size]) for i in range(0, len(encoded), size))
    decoder.end()
    assert decoded == content


@pytest.mark.parametrize(
    "pieces", [[b"QQ==", b"QUJD"], [b"QQ=", b"=QUJD"], [b"QQ==QUJD"], [b"QU", b"!D"], [b"QUJ", b"D", b"Q"]]
)
def test_what_is_not_base64_is_refused_in_any_pieces(pieces: list[bytes]) -> None:
    decoder = Base64()
    with pytest.raises(binascii.Error):
        for piece in pieces:
            decoder.feed(piece)
        decoder.end()


def test_other_encodings_are_left_alone() -> None:
    decoder = decoder_of("quoted-printable")
    assert decoder.feed(b"=41") == b"=41"
    decoder.end()
