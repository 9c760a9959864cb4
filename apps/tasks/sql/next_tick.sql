-- In how many seconds one of these schedules wants attention: 0 or less for what is due, was asked for, or has no next
-- run yet, or one that was set by a clock that was ahead. Null: none ever does.
SELECT extract(epoch FROM min(CASE
    WHEN asked_at IS NOT NULL OR next_run_at IS NULL OR reckoned_at > clock_timestamp() THEN clock_timestamp()
    ELSE next_run_at
END) - clock_timestamp())::float8
FROM tasks_schedule
WHERE (name, digest) IN (SELECT * FROM unnest(%(names)s::text[], %(digests)s::text[]))
    AND (enabled OR asked_at IS NOT NULL)
