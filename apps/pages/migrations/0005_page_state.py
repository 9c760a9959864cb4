"""The statement of every request for a page, as a function: PostgreSQL keeps its plan for each connection, and to plan
it takes twice as long as to run it.
"""

from django.db import migrations

PAGE_STATE = """
CREATE FUNCTION pages_state(wanted bigint) RETURNS TABLE (edition text, ids text, counters text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT
        encode(sha256(convert_to(
            page.version
                || coalesce(string_agg(content.id || ' ' || content.version, ',' ORDER BY content.place), ''),
            'UTF8')), 'hex'),
        string_agg(content.id::text, ',' ORDER BY content.place),
        string_agg(content.counter::text, ',' ORDER BY content.place)
    FROM pages_page AS page
    LEFT JOIN (
        SELECT content.page_id, content.id, content.version, content."order" AS place,
            coalesce(counter.value, 0) AS counter
        FROM pages_content AS content LEFT JOIN pages_counter AS counter ON counter.content_id = content.id
    ) AS content ON content.page_id = page.id
    WHERE page.id = wanted
    GROUP BY page.id;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("pages", "0004_demonstration")]

    operations = [migrations.RunSQL(PAGE_STATE, "DROP FUNCTION pages_state(bigint)")]
