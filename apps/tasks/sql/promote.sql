-- Queue what has become due in a queue; tell how many, and in how many seconds the next one is due (or null).
WITH due AS (
    UPDATE tasks_invocation SET status = 'queued'
    WHERE id = ANY (ARRAY (
        SELECT id FROM tasks_invocation
        WHERE queue = %(queue)s AND status = 'scheduled' AND due_at <= now()
        ORDER BY due_at LIMIT 1000
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM due),
    (SELECT extract(epoch FROM min(due_at) - now())::float8 FROM tasks_invocation
     WHERE queue = %(queue)s AND status = 'scheduled' AND due_at > now())
