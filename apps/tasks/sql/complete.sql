-- Record successes, a batch at a time. The fence: only the attempt that holds the claim may write its end;
-- a row that was taken back meanwhile is left alone and does not appear in the answer.
UPDATE tasks_invocation AS invocation
SET status = 'succeeded', finished_at = clock_timestamp(), result = done.result, error = '', traceback = ''
FROM unnest(%(ids)s::text[], %(attempts)s::int[], %(results)s::text[]) AS done (id, attempt, result)
WHERE invocation.id = done.id AND invocation.attempt = done.attempt
    AND invocation.worker = %(worker)s AND invocation.status = 'running'
RETURNING invocation.id
