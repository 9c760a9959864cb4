"""Undoes the Content-Transfer-Encoding of a form's part, piece by piece, so that no part is held in memory."""

import binascii
from typing import Protocol


class Decoder(Protocol):
    def feed(self, block: bytes) -> bytes:
        """The bytes that this block completes."""

    def end(self) -> None:
        """Raises binascii.Error when something is missing."""


class AsSent:
    """For `binary`, `8bit` and everything unknown: the bytes are the content."""

    def feed(self, block: bytes) -> bytes:
        return block

    def end(self) -> None:
        return


class Base64:
    """White space is skipped; anything else that is not base64 raises binascii.Error."""

    def __init__(self) -> None:
        self._rest = b""
        self._padded = False

    def feed(self, block: bytes) -> bytes:
        text = self._rest + b"".join(block.split())
        whole = len(text) // 4 * 4
        self._rest = text[whole:]
        if not text[:whole]:
            return b""
        if self._padded:
            raise binascii.Error("data after the padding")
        self._padded = text[:whole].endswith(b"=")
        return binascii.a2b_base64(text[:whole], strict_mode=True)

    def end(self) -> None:
        if self._rest:
            raise binascii.Error("incomplete last group")


def decoder_of(transfer_encoding: str) -> Decoder:
    return Base64() if transfer_encoding.strip().lower() == "base64" else AsSent()
