"""However large a file is, and whatever it claims, processing it takes a bounded amount of memory."""

import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.files import samples
from tests.unit.files.memory import processed_alone

MIB = 1024 * 1024
FILE_BYTES = 60 * MIB


def _repeated(path: Path, *, first: bytes = b"", block: bytes, last: bytes = b"") -> Path:
    with path.open("wb") as file:
        file.write(first)
        block *= max(1, MIB // len(block))
        file.writelines(block for _ in range(FILE_BYTES // len(block)))
        file.write(last)
    return path


LARGE = {
    "text of many lines": ("a.txt", {"block": b"some words here\n"}, 20),
    "text of one line": ("a.txt", {"block": b"x"}, 20),
    "Russian text": ("a.txt", {"block": "Съешь же ещё\n".encode("cp1251")}, 20),
    "table": ("a.csv", {"first": b"a,b\n", "block": b"12345,some words\n"}, 20),
    "JSON records": ("a.json", {"first": b"[", "block": b'{"id": 1, "tags": [{"b": null}]},', "last": b"0]"}, 20),
    "JSON of nested arrays": ("a.json", {"first": b"[", "block": b"[[[1], 2], 3], ", "last": b"0]"}, 20),
    "JSON of one string": ("a.json", {"first": b'["', "block": b"x", "last": b'"]'}, 20),
    "other": ("a.bin", {"first": b"\x00", "block": bytes(range(256))}, 20),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content", "most_mib"), LARGE.values(), ids=LARGE.keys())
def test_large_files_are_processed_in_flat_memory_and_reported_on(
    tmp_path: Path, name: str, content: dict[str, bytes], most_mib: int
) -> None:
    path = _repeated(tmp_path / "large", **content)
    outcome = processed_alone(path, name)
    assert outcome.result is not None, outcome.code
    assert outcome.grown_bytes < most_mib * MIB < path.stat().st_size
    assert outcome.reports[-1][1] == path.stat().st_size


REFUSED = {
    "a table whose quote is never closed": (
        "a.csv",
        {"first": b'a,b\n1,"2\n', "block": b"1,2,3\n"},
        "unclosed_quote",
        40,
    ),
    "a table of one line": ("a.csv", {"block": b"x"}, "record_too_long", 40),
    "a table of one line of commas": ("a.csv", {"block": b","}, "record_too_long", 40),
    "a number": ("a.json", {"block": b"7"}, "number_too_long", 20),
    "brackets": ("a.json", {"block": b"["}, "too_deep", 20),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content", "code", "most_mib"), REFUSED.values(), ids=REFUSED.keys())
def test_large_files_without_structure_are_refused_in_flat_memory(
    tmp_path: Path, name: str, content: dict[str, bytes], code: str, most_mib: int
) -> None:
    outcome = processed_alone(_repeated(tmp_path / "large", **content), name)
    assert outcome.code == code
    assert outcome.grown_bytes < most_mib * MIB


def _written(path: Path, parts: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(parts)
    return path


def _bomb(name: bytes, head: bytes) -> bytes:
    """200 MB of zeros as a compressed chunk."""
    packer = zlib.compressobj(9)
    packed = [packer.compress(bytes(MIB)) for _ in range(200)]
    return samples.png(8, 8, extra=samples.png_chunk(name, head + b"".join([*packed, packer.flush()])))


BOMBS = {
    "13 000 by 13 000 pixels in 20 KB": (lambda: samples.png(13_000, 13_000), "too_many_pixels"),
    "the same within an icon": (lambda: samples.icon(samples.png(13_000, 13_000)), "too_many_pixels"),
    "a text chunk": (lambda: _bomb(b"zTXt", b"a\0\0"), "metadata_too_large"),
    "a colour profile": (lambda: _bomb(b"iCCP", b"a\0\0"), "metadata_too_large"),
    "an international text chunk": (lambda: _bomb(b"iTXt", b"a\0\1\0\0\0"), "metadata_too_large"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("build", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_image_bombs_are_refused_before_they_unfold(tmp_path: Path, build: object, code: str) -> None:
    assert callable(build)
    path = _written(tmp_path / "bomb", [build()])
    outcome = processed_alone(path, "bomb.png")
    assert outcome.code == code
    assert outcome.grown_bytes < 20 * MIB


@pytest.mark.slow
def test_a_large_photo_is_never_decoded_at_its_full_size(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.linear_gradient("L").resize((7000, 5000)).convert("RGB").save(path)
    outcome = processed_alone(path, "photo.jpg")
    assert outcome.result is not None
    assert (outcome.result["width"], outcome.result["height"]) == (7000, 5000)
    assert outcome.grown_bytes < 30 * MIB
