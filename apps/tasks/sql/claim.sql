-- Claim the next queued invocations of a queue for a worker: one statement for the whole batch, nothing else is
-- read before they run. SKIP LOCKED: of two workers after the same row one gets it, the other the next row.
-- The worker's own row is share-locked: a worker that has been declared dead (its row deleted) claims nothing.
-- Suspects (present when a process died) are claimed by solo workers only.
-- The floor skips what this worker has seen claimed already: rows that have left the queue stay in its index until no
-- old snapshot can see them, and under a long transaction elsewhere each claim would walk over all of them again.
UPDATE tasks_invocation
SET status = 'running', worker = %(worker)s, attempt = attempt + 1, started_at = clock_timestamp()
WHERE id = ANY (ARRAY (
    SELECT id FROM tasks_invocation
    WHERE queue = %(queue)s AND status = 'queued' AND (deaths > 0) = %(suspects)s
        AND (priority, due_at) >= (%(floor_priority)s, %(floor_due_at)s)
        AND EXISTS (SELECT 1 FROM tasks_workerprocess WHERE id = %(worker)s FOR KEY SHARE)
    ORDER BY priority, due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
RETURNING id, actor, payload, attempt, retries, priority, due_at, (extract(epoch FROM created_at) * 1000)::bigint
