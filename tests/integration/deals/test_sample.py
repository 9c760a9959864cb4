"""The sample that the documentation invites people to try."""

import pytest

from tests.integration.deals.conftest import Post, Top
from tests.support.processes import REPOSITORY

pytestmark = pytest.mark.django_db


def test_the_sample_is_accepted_and_answers_what_is_expected(post: Post, top: Top) -> None:
    answer = post((REPOSITORY / "docs" / "samples" / "deals.csv").read_bytes())

    assert (answer.status_code, answer.json()["deals"]) == (200, 12)
    assert top() == [
        {"username": "isolde", "spent_money": 3085, "gems": ["Garnet", "Opal, black", "Топаз"]},
        {"username": "quince", "spent_money": 2310.5, "gems": ["Garnet", "Opal, black"]},
        {"username": "marlow", "spent_money": 1840, "gems": ["Amber", "Топаз"]},
        {"username": "tamsin", "spent_money": 601, "gems": ["Amber"]},
        {"username": "otto", "spent_money": 530, "gems": ["Топаз"]},
    ]
