-- Give an attempt up for good: first half of an ending (see end.sql). Fenced as in complete.sql. What it has said of
-- itself is over with it.
UPDATE tasks_invocation
SET status = 'ending', ends_as = %(ends_as)s, due_at = clock_timestamp(),
    result = %(result)s, error = %(error)s, traceback = %(traceback)s,
    state = NULL, meta = NULL
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running'
RETURNING id
