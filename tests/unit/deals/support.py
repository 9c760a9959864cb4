"""Short cuts to the parser."""

import io
from typing import NamedTuple

from apps.deals.parser.deals import DealsFile, Limits

HEADER = "customer,item,total,quantity,date"
DEAL = "anna,Ruby,100,1,2018-12-14 08:29:52.506166"
LIMITS = Limits(field_bytes=1_000, record_bytes=10_000)


class Read(NamedTuple):
    """A file after its reading: what COPY would get, row by row and value by value, and the faults as sentences."""

    rows: list[list[str]]
    faults: list[str]
    file: DealsFile


class Dripping(io.RawIOBase):
    """A stream that gives at most so many bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        self.content, self.most = io.BytesIO(content), most

    def read(self, size: int = -1) -> bytes:
        return self.content.read(min(size, self.most))


def lines(*rows: str, end: str = "\n") -> str:
    return "".join(f"{row}{end}" for row in rows)


def read(content: bytes | str, *, most: int = 1 << 30, limits: Limits = LIMITS, charset: str | None = None) -> Read:
    raw = content.encode() if isinstance(content, str) else content
    file = DealsFile(Dripping(raw, most), limits=limits, charset=charset, leading="7")
    blocks = list(file.rows_for_copy())
    assert all(blocks), "an empty block is the end for COPY"
    copied = b"".join(blocks).decode()
    file.find_more_faults()
    rows = [line.split("\t") for line in copied.split("\n")[:-1]]
    assert all(row[0] == "7" and len(row) == 6 for row in rows)
    return Read([row[1:] for row in rows], [str(fault) for fault in file.faults], file)
