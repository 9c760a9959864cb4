-- Send an attempt that ended in an error round again after a delay, with other arguments, in another queue or with
-- another priority where they are given. Fenced as in complete.sql. One that was called off meanwhile (see cancel.sql)
-- ends instead, with the reason it was given then.
UPDATE tasks_invocation
SET status = CASE WHEN ends_as = 'cancelled' THEN 'ending' WHEN %(delay_ms)s > 0 THEN 'scheduled' ELSE 'queued' END,
    due_at = clock_timestamp()
        + CASE WHEN ends_as = 'cancelled' THEN 0 ELSE %(delay_ms)s END * interval '1 millisecond',
    retries = retries + CASE WHEN ends_as = 'cancelled' THEN 0 ELSE 1 END,
    error = CASE WHEN ends_as = 'cancelled' THEN error ELSE %(error)s END, traceback = %(traceback)s,
    result = CASE WHEN ends_as = 'cancelled' THEN result ELSE %(result)s END, state = NULL, meta = NULL,
    payload = coalesce(%(payload)s, payload),
    queue = coalesce(%(queue)s, queue), priority = coalesce(%(priority)s, priority)
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running'
RETURNING queue
