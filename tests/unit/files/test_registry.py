"""The registry: what all kinds have, how a kind is added, and what is done about ties."""

import hashlib
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.files.errors import Unprocessable
from apps.files.processors import registry
from apps.files.processors.base import Context, Processed, Processor, storable
from apps.files.processors.registry import PROCESSORS, Registry
from tests.unit.files import samples
from tests.unit.files.conftest import Inspect, ignore

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-file-kind.md"
WOFF2 = b"wOF2\x00\x01\x00\x00" + bytes(4) + b"\x00\x09" + bytes(40)


def processor_of_the_how_to() -> Processor:
    """The module that the document tells to write, run as it stands there."""
    code = textwrap.dedent(HOW_TO.read_text().split("```python\n")[1].split("   ```")[0])
    module: dict[str, object] = {}
    exec(code, module)  # noqa: S102 — our own document
    processor = module["PROCESSOR"]
    assert isinstance(processor, Processor)
    return processor


def test_a_kind_is_added_as_the_how_to_says(inspect: Inspect) -> None:
    with_fonts = Registry([*PROCESSORS, processor_of_the_how_to()])
    assert with_fonts.detect(WOFF2, "a.woff2", len(WOFF2)).kind == "font"
    assert "font" in with_fonts.kinds()
    result = inspect(WOFF2, "a.png", with_registry=with_fonts).result
    assert (result["tables"], result["mismatch"]["detected"]) == (9, "font/woff2")
    with pytest.raises(Unprocessable, match="ends within its header"):
        inspect(WOFF2[:20], "a.woff2", with_registry=with_fonts)
    assert registry.detect(WOFF2, "a.woff2", len(WOFF2)).kind == "other"


def test_a_kind_may_have_a_further_processor_for_other_content_types(inspect: Inspect) -> None:
    def process(_context: Context) -> Processed:
        return Processed(result={"rows": 5})

    sheet = samples.zipped(["xl/workbook.xml"])
    content_type = registry.detect(sheet, "", len(sheet)).content_type
    sheets = Registry([*PROCESSORS, Processor(kind="table", content_types=frozenset({content_type}), process=process)])
    assert sheets.detect(sheet, "", len(sheet)).kind == "table"
    assert inspect(sheet, "a.xlsx", with_registry=sheets).result["rows"] == 5
    assert inspect(b"a,b\n1,2\n", "a.csv", with_registry=sheets).result["rows"] == 1
    assert sheets.kinds() == registry.kinds()


def ignored(_context: Context) -> Processed:
    return Processed(result={})


def test_a_content_type_has_one_processor() -> None:
    with pytest.raises(ValueError, match="Two processors take text/csv"):
        Registry([*PROCESSORS, Processor(kind="mine", content_types=frozenset({"text/csv"}), process=ignored)])


def test_the_kinds_are_those_of_the_index() -> None:
    assert registry.kinds() == ["image", "table", "json", "text", "other"]
    for kind in registry.kinds():
        assert f"    {kind} " in str(registry.__doc__)


def test_every_kind_has_the_hash_of_the_whole_file(inspect: Inspect) -> None:
    for data in (samples.image("PNG"), b"a,b\n1,2\n", b"[]", b"words", bytes(range(256)) * 1000):
        assert inspect(data).result["sha256"] == hashlib.sha256(data).hexdigest()


def test_other_files_have_nothing_more(inspect: Inspect) -> None:
    processed = inspect(samples.wav(), "a.wav")
    assert set(processed.result) == {"sha256", "mismatch"}
    assert processed.thumbnail is None


def test_html_named_as_an_image_is_processed_as_text_and_the_mismatch_shown(inspect: Inspect) -> None:
    processed = inspect(b"<!doctype html><script>alert(1)</script>", "photo.png", declared="image/png")
    assert processed.result["mismatch"] == {"extension": ".png", "declared": "image/png", "detected": "text/html"}
    assert processed.thumbnail is None
    assert processed.result["lines"] == 1


def test_a_kind_that_is_no_longer_there_is_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("files") / "a"
    path.write_bytes(b"words")
    context = Context(path, "a", "", "application/pdf", 5, ignore)
    assert set(registry.process("pdf", context).result) == {"sha256", "mismatch"}


def test_processors_may_run_in_many_threads_at_once(tmp_path: Path) -> None:
    def run(number: int) -> Processed:
        data, name = samples_of_all_kinds[number % len(samples_of_all_kinds)]
        path = tmp_path / str(number)
        path.write_bytes(data)
        found = registry.detect(data, name, len(data))
        return registry.process(found.kind, Context(path, name, "", found.content_type, len(data), ignore))

    samples_of_all_kinds = [
        (samples.image("WEBP", size=(400, 300)), "a.webp"),
        (samples.progressive_jpeg(2), "a.jpg"),
        ("имя;сумма\nИван;2\n".encode("cp1251"), "a.csv"),
        (b'{"a": [1, {"b": null}]}', "a.json"),
        ("Привет, мир\n".encode("utf-16"), "a.txt"),
    ]
    alone = [run(number) for number in range(len(samples_of_all_kinds))]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(run, range(40)))
    assert together == alone * 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\x00b", "a\ufffdb"), ("\ud800x\udfff", "\ufffdx\ufffd"), ("long", "lon"), ("😀", "😀")],
    ids=["NUL", "lone surrogates", "too long", "beyond 16 bits"],
)
def test_texts_are_made_storable(text: str, expected: str) -> None:
    assert storable(text, 3) == expected


def test_a_fault_has_a_code_and_a_sentence() -> None:
    fault = Unprocessable("truncated", "The file ends too early.")
    assert (fault.code, fault.detail, str(fault), fault.status) == (
        "truncated",
        "The file ends too early.",
        "The file ends too early.",
        422,
    )
