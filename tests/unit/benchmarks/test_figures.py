"""The arithmetic of the benchmarks' report."""

import pytest

from tests.benchmarks.figures import Figure, grouped, percentile, significant


def figure(**changed: object) -> Figure:
    return Figure(**{"what": "x", "unit": "ms", "ours": [1.0], "better": "higher", **changed})  # type: ignore[arg-type]


def test_the_ratio_is_the_median_of_the_rounds_ratios_and_not_the_ratio_of_medians() -> None:
    # Ratios 10, 1 and 2; the ratio of the medians would be 1.
    compared = figure(ours=[10.0, 2.0, 8.0], theirs=[1.0, 2.0, 4.0], against="them")

    assert compared.ratio == 2.0


def test_a_round_in_which_the_other_used_nothing_at_all_has_no_ratio() -> None:
    compared = figure(ours=[1.0, 4.0], theirs=[0.0, 2.0], against="them")

    assert compared.ratios == [2.0]


def test_without_a_rival_there_is_no_ratio() -> None:
    assert figure().ratio is None


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        pytest.param({"theirs": [1.0], "ours": [6.0], "reach": 6.0}, True, id="just as many times as aimed at"),
        pytest.param({"theirs": [1.0], "ours": [5.9], "reach": 6.0}, False, id="fewer times"),
        pytest.param({"theirs": [2.0], "ours": [3.0], "better": "lower", "reach": 1.5}, True, id="as long as allowed"),
        pytest.param({"theirs": [2.0], "ours": [3.1], "better": "lower", "reach": 1.5}, False, id="longer"),
        pytest.param({"ours": [19.0, 30.0, 1.0], "better": "lower", "reach": 20.0}, True, id="no rival: the median"),
        pytest.param({"ours": [21.0], "better": "lower", "reach": 20.0}, False, id="no rival: above"),
        pytest.param({"ours": [21.0]}, None, id="nothing aimed at"),
        pytest.param({"ours": [1.0], "theirs": [0.0], "reach": 2.0}, None, id="a rival that did nothing"),
    ],
)
def test_an_aim_is_reached_in_its_own_direction(changed: dict[str, object], reached: bool | None) -> None:
    assert figure(**changed).reached is reached


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.0, 1, id="lowest"),
        pytest.param(0.5, 50, id="median"),
        pytest.param(0.99, 99, id="p99"),
        pytest.param(0.991, 100, id="a little more"),
        pytest.param(1.0, 100, id="highest"),
    ],
)
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0


def test_large_numbers_are_grouped_by_thousands() -> None:
    assert grouped(1_000_000) == "1 000 000"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.00143, "0.00143"), (1.5, "1.5"), (62.14, "62.1"), (100.0, "100"), (12345.6, "12 346"), (0.0, "0")],
)
def test_numbers_have_three_digits_that_mean_something(number: float, shown: str) -> None:
    assert significant(number) == shown
