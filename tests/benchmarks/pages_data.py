"""Pages to measure with, written by SQL: ten thousand in a second."""

import os

import psycopg2

FILL = """
TRUNCATE pages_page, pages_counter CASCADE;
INSERT INTO pages_page (title) SELECT 'Page ' || number FROM generate_series(1, %(pages)s) AS number;
INSERT INTO pages_content (title, "order", page_id, polymorphic_ctype_id)
SELECT 'Content ' || number, number, page.id, type.id
FROM pages_page AS page CROSS JOIN generate_series(0, %(contents)s - 1) AS number JOIN django_content_type AS type
    ON type.app_label = 'pages' AND type.model = (ARRAY['video', 'audio', 'text'])[1 + number %% 3];
INSERT INTO pages_video (content_ptr_id, video_url, subtitles_url)
SELECT id, 'https://example.org/' || id || '.mp4', 'https://example.org/' || id || '.vtt'
FROM pages_content WHERE "order" %% 3 = 0;
INSERT INTO pages_audio (content_ptr_id, bitrate) SELECT id, 128000 FROM pages_content WHERE "order" %% 3 = 1;
INSERT INTO pages_text (content_ptr_id, text)
SELECT id, repeat('Found in 1865. ', 10) FROM pages_content WHERE "order" %% 3 = 2;
SELECT min(id) FROM pages_page;
"""


def fill(*, pages: int, contents: int) -> int:
    """Pages of so many contents, the kinds in turn, in place of all there are; returns the id of the first."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"pages": pages, "contents": contents})
        row = cursor.fetchone()
        cursor.execute("VACUUM ANALYZE pages_page, pages_content, pages_counter")
    connection.close()
    return int(row[0]) if row else 0
