"""A search for the beginning of a title, among a hundred thousand, is served by an index."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from apps.pages.models import Content, Page

ROWS = 100_000
FILL = """
INSERT INTO pages_page (title) SELECT 'Page ' || number FROM generate_series(1, %(rows)s) AS number;
INSERT INTO pages_content (title, "order", page_id, polymorphic_ctype_id)
SELECT 'Content ' || row_number() OVER (), 0, page.id, type.id FROM pages_page AS page, django_content_type AS type
WHERE type.app_label = 'pages' AND type.model = 'text';
INSERT INTO pages_text (content_ptr_id, text) SELECT id, '' FROM pages_content;
ANALYZE pages_page, pages_content;
"""


@pytest.mark.django_db
def test_a_search_by_prefix_uses_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"rows": ROWS})
    pages = Page.objects.filter(title__istartswith="pAGE 9999")
    contents = Content.objects.non_polymorphic().filter(title__istartswith="content 9999")

    assert (pages.count(), contents.count()) == (11, 11)
    assert "page_title_prefix" in plan(pages)
    assert "content_title_prefix" in plan(contents)


@pytest.mark.django_db
def test_the_number_of_pages_is_a_sum_of_what_came_and_went() -> None:
    for title in ("a", "b", "c"):
        Page.objects.create(title=title)
    Page.objects.filter(title="b").delete()

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(number) FROM pages_pagedelta")
        assert cursor.fetchone() == (2,)


def plan(rows: QuerySet) -> str:
    return rows.explain()
