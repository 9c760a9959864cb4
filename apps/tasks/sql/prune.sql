-- Delete a batch of invocations that ended more than so many days ago.
DELETE FROM tasks_invocation
WHERE id = ANY (ARRAY (
    SELECT id FROM tasks_invocation
    WHERE finished_at < now() - %(days)s * interval '1 day'
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
