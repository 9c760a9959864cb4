"""The memory that senders and workers share."""

from pathlib import Path

from tests.benchmarks.board import ROWS, Board


def test_what_one_process_writes_another_one_reads(tmp_path: Path) -> None:
    written, read = Board.create(tmp_path / "board"), Board(tmp_path / "board")

    written.began[ROWS - 1] = 1.5

    assert read.began[ROWS - 1] == 1.5
    assert read.sent[ROWS - 1] == read.began_again[ROWS - 1] == read.pid[0] == 0.0


def test_calls_are_counted_once_they_have_begun(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board")
    board.began[0] = board.began[2] = board.began[9] = 1.0

    assert board.count_begun(5) == 2


def test_a_cleared_board_knows_of_nothing(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board")
    board.sent[3] = board.pid[7] = 1.0

    board.clear()

    assert not any(board.sent)
    assert not any(board.pid)
