-- Call off what has not started: first half of an ending (see end.sql). Whoever claims the row first runs it, and
-- this changes nothing.
UPDATE tasks_invocation
SET status = 'ending', ends_as = 'cancelled', due_at = clock_timestamp(), result = %(result)s, error = %(error)s,
    state = NULL, meta = NULL
WHERE id = ANY (%(ids)s) AND status IN ('scheduled', 'queued')
RETURNING id
