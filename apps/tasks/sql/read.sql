-- One invocation as those read it who have its id.
SELECT status, ends_as, actor, queue, payload, worker, retries, result, state, meta, children, error, traceback,
    started_at, finished_at
FROM tasks_invocation
WHERE id = %(id)s
