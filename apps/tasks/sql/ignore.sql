-- Record that a task ended and wants nothing told of it but what it has told itself. Fenced as in complete.sql.
UPDATE tasks_invocation
SET status = 'succeeded', ends_as = '', finished_at = clock_timestamp(), result = NULL, error = '', traceback = '',
    state = coalesce(state, %(state)s)
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running'
RETURNING id
