"""The texts that a process keeps."""

from apps.pages.answers import Texts


def test_the_text_asked_for_longest_ago_makes_room() -> None:
    texts = Texts(most_bytes=10)
    texts.put("a", b"1234")
    texts.put("b", b"1234")
    texts.get("a")

    texts.put("c", b"1234")

    assert (texts.get("a"), texts.get("b"), texts.get("c")) == (b"1234", None, b"1234")


def test_a_text_put_twice_counts_once() -> None:
    texts = Texts(most_bytes=10)
    for _ in range(5):
        texts.put("a", b"1234")
    texts.put("b", b"1234")

    assert texts.get("a") == b"1234"


def test_a_text_that_is_too_large_is_not_kept() -> None:
    texts = Texts(most_bytes=10)

    texts.put("a", b"x" * 11)

    assert texts.get("a") is None
