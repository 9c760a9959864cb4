"""What the database does by itself: a new version at every change of a page or a content, and the number of pages.

`pages_touch_content` is for the tables of kinds, which get their triggers in `apps.pages.triggers`.
"""

from django.db import migrations

VERSIONS = """
CREATE FUNCTION pages_new_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := gen_random_uuid();
    RETURN NEW;
END $$;
CREATE TRIGGER pages_new_version BEFORE UPDATE ON pages_page FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION pages_new_version();
CREATE TRIGGER pages_new_version BEFORE UPDATE ON pages_content FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION pages_new_version();

-- Its argument is the column that refers to the content.
CREATE FUNCTION pages_touch_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pages_content SET version = gen_random_uuid() WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    RETURN NULL;
END $$;
"""
NO_VERSIONS = """
DROP FUNCTION pages_touch_content() CASCADE;
DROP FUNCTION pages_new_version() CASCADE;
"""

NUMBER = """
CREATE FUNCTION pages_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM pages_pagedelta;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO pages_pagedelta (number) SELECT count(*) FROM changed HAVING count(*) > 0;
    ELSE
        INSERT INTO pages_pagedelta (number) SELECT -count(*) FROM changed HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER pages_count_added AFTER INSERT ON pages_page REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION pages_count();
CREATE TRIGGER pages_count_removed AFTER DELETE ON pages_page REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION pages_count();
CREATE TRIGGER pages_count_emptied AFTER TRUNCATE ON pages_page
    FOR EACH STATEMENT EXECUTE FUNCTION pages_count();
"""
NO_NUMBER = "DROP FUNCTION pages_count() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]

    operations = [migrations.RunSQL(VERSIONS, NO_VERSIONS), migrations.RunSQL(NUMBER, NO_NUMBER)]
