"""The load generator's reading of answers, however the network cuts them."""

import pytest

from tests.benchmarks.answers import AnswerReader, UnreadableAnswerError

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_an_answer_is_complete_with_its_last_byte_wherever_it_is_cut(cut: int) -> None:
    reader = AnswerReader()

    assert reader.feed(ANSWER[:cut]) == 0
    assert reader.feed(ANSWER[cut:]) == 201


def test_one_reader_reads_one_answer_after_the_other() -> None:
    reader = AnswerReader()

    assert [reader.feed(ANSWER), reader.feed(ANSWER[:30]), reader.feed(ANSWER[30:])] == [201, 0, 201]


def test_an_answer_without_a_body_is_complete_with_its_headers() -> None:
    assert AnswerReader().feed(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n") == 204


def test_an_answer_without_a_length_is_refused() -> None:
    with pytest.raises(UnreadableAnswerError):
        AnswerReader().feed(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
