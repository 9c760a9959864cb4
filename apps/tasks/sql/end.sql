-- Second half of an ending, in one transaction with the task's `on_end`: whoever gets the row ends it, once. Others
-- do not wait for it: an `on_end` may take long.
UPDATE tasks_invocation
SET status = ends_as, ends_as = '', finished_at = clock_timestamp()
WHERE id = (SELECT id FROM tasks_invocation WHERE id = %(id)s AND status = 'ending' FOR UPDATE SKIP LOCKED)
RETURNING actor, queue, payload, retries, status, error, result, traceback
