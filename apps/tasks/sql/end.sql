-- Second half of an ending, in one transaction with the task's `on_end`: whoever gets the row ends it, once.
UPDATE tasks_invocation
SET status = ends_as, ends_as = '', finished_at = clock_timestamp()
WHERE id = %(id)s AND status = 'ending'
RETURNING actor, payload, status, error
