-- Write what the code of a worker declares; run by each of its processes when it starts, and once a minute.
-- A schedule that stays the same keeps its next run, unless it had been away: then it counts from now, as a new one.
-- Where two releases declare different things under one name, the one that started last has its way (starting), until
-- its workers are gone (the row is no longer renewed). Whether it is enabled and what it ran are never touched.
WITH newest AS (
    -- A time ahead of the clock was written by a clock that has been set back: it says nothing.
    SELECT max(declared_at) AS at FROM tasks_schedule WHERE declared_at <= now()
)
INSERT INTO tasks_schedule AS known (
    name, task, timing, zone, arguments, digest, enabled, declared_at, last_invocation, error
)
SELECT name, task, timing, zone, arguments, digest, TRUE, now(), '', ''
FROM unnest(
    %(names)s::text[], %(tasks)s::text[], %(timings)s::text[], %(zones)s::text[], %(arguments)s::text[], %(digests)s::text[]
) AS mine (name, task, timing, zone, arguments, digest)
ORDER BY name -- so that two processes cannot wait for each other
ON CONFLICT (name) DO UPDATE SET
    task = excluded.task, timing = excluded.timing, zone = excluded.zone, arguments = excluded.arguments,
    digest = excluded.digest, declared_at = excluded.declared_at,
    next_run_at = CASE
        WHEN (known.timing, known.zone) = (excluded.timing, excluded.zone)
            AND known.declared_at >= (SELECT at FROM newest) - %(gone_seconds)s * interval '1 second'
        THEN known.next_run_at
    END
WHERE known.digest = excluded.digest OR %(starting)s
    OR known.declared_at < now() - %(gone_seconds)s * interval '1 second'
