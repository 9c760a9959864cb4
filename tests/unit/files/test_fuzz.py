"""Whatever the bytes are, a processor answers or refuses: it raises nothing else, and it does not hang."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.files.errors import Unprocessable
from apps.files.processors import registry
from apps.files.processors.base import Context, Processed
from apps.files.processors.registry import PROCESSORS
from tests.unit.files import samples
from tests.unit.files.conftest import assert_storable, ignore

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

#: Seconds that no example may take; what they take is milliseconds.
DEADLINE = settings(
    deadline=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60
)

IMAGES = {
    "PNG": samples.image("PNG", exif=samples.exif(6)),
    "APNG": samples.image("PNG", save_all=True, append_images=[samples.Image.new("RGB", (60, 40))]),
    "JPEG": samples.image("JPEG", exif=samples.exif(6), comment=b"a"),
    "progressive JPEG": samples.progressive_jpeg(3),
    "GIF": samples.gif(3),
    "WebP": samples.image("WEBP", exif=samples.exif(6)),
    "AVIF": samples.image("AVIF", exif=samples.exif(6)),
    "BMP": samples.image("BMP"),
    "ICO": samples.image("ICO"),
    "TIFF": samples.tiff(2),
    "TIFF, LZW": samples.tiff(2, compression="tiff_lzw"),
    "BigTIFF": samples.tiff(2, big_tiff=True),
}
DOCUMENTS = {
    "JSON": (b'{"a": [1, {"b": null}], "c": "\\u00e9"}', "a.json"),
    "CSV": (b'a;b\r\n"x\n""y";2,5\r\n\r\n3\r\n', "a.csv"),
    "text": ("Привет, мир\n".encode("cp1251"), "a.txt"),
    "UTF-16": ("имя,сумма\nИван,2\n".encode("utf-16"), "a.csv"),
}


def process_as(kind: str, content_type: str, path: Path, data: bytes) -> None:
    """The one thing that may come out besides a result is a refusal that a person can read."""
    path.write_bytes(data)
    refusal: Unprocessable | None = None
    try:
        processed = registry.process(kind, Context(path, "a", "", content_type, len(data), ignore))
    except Unprocessable as error:
        refusal = error
    if refusal is None:
        assert_storable(processed)
    else:
        assert_storable(Processed(result={"code": refusal.code, "detail": refusal.detail}))
        assert refusal.code
        assert refusal.detail
        assert str(path) not in refusal.detail


ANY = [(processor.kind, type_) for processor in PROCESSORS for type_ in sorted(processor.content_types)]


@pytest.mark.parametrize(("kind", "content_type"), ANY, ids=[type_ for _, type_ in ANY])
@DEADLINE
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_are_answered_or_refused(kind: str, content_type: str, tmp_path: Path, data: bytes) -> None:
    process_as(kind, content_type, tmp_path / "a", data)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """A file with some bytes changed, taken out or put in, and perhaps cut off."""
    damaged = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(damaged[: draw(st.integers(1, len(damaged) + 1))]) or b"x"


@pytest.mark.parametrize("name", IMAGES)
@DEADLINE
@given(data=st.data())
def test_damaged_images_are_answered_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    whole = IMAGES[name]
    content_type = registry.detect(whole, "", len(whole)).content_type
    process_as("image", content_type, tmp_path / "a", data.draw(damaged(whole)))


@pytest.mark.parametrize("name", DOCUMENTS)
@DEADLINE
@given(data=st.data())
def test_damaged_documents_are_answered_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    whole, file_name = DOCUMENTS[name]
    found = registry.detect(whole, file_name, len(whole))
    process_as(found.kind, found.content_type, tmp_path / "a", data.draw(damaged(whole)))
