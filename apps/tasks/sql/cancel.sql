-- Call off what has not started: first half of an ending (see end.sql). Whoever claims the row first runs it, and
-- this changes nothing; or, with %(held)s, it leaves a mark for whatever comes next of it but success: another try, or
-- its return to the queue. The mark is `ends_as` of a row that is still running.
UPDATE tasks_invocation
SET status = CASE WHEN status = 'running' THEN status ELSE 'ending' END, ends_as = 'cancelled',
    due_at = CASE WHEN status = 'running' THEN due_at ELSE clock_timestamp() END,
    result = %(result)s, error = %(error)s,
    state = CASE WHEN status = 'running' THEN state END, meta = CASE WHEN status = 'running' THEN meta END
WHERE id = ANY (%(ids)s) AND (status IN ('scheduled', 'queued') OR status = 'running' AND %(held)s)
RETURNING id, status
