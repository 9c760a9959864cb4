-- Record successes, a batch at a time. The fence: only the attempt that holds the claim may write its end;
-- a row that was taken back meanwhile is left alone and does not appear in the answer.
-- The empty strings keep the planner from the index of running rows: it holds every claim until no old snapshot can
-- see it any more, while the primary key leads to one row each.
UPDATE tasks_invocation AS invocation
SET status = 'succeeded', ends_as = '', finished_at = clock_timestamp(), result = done.result, error = '', traceback = '',
    state = NULL, meta = NULL
FROM unnest(%(ids)s::text[], %(attempts)s::int[], %(results)s::text[]) AS done (id, attempt, result)
WHERE invocation.id = done.id AND invocation.attempt = done.attempt
    AND invocation.worker || '' = %(worker)s AND invocation.status || '' = 'running'
RETURNING invocation.id
