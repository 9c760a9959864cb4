-- Leave an ended invocation in the log, without what it returned or raised.
UPDATE tasks_invocation
SET result = NULL, meta = NULL, children = NULL, state = %(state)s
WHERE id = %(id)s AND status IN ('succeeded', 'failed', 'dead', 'cancelled')
