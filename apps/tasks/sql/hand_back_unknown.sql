-- Return what this worker claimed in a statement whose answer never arrived: running under its name, but this attempt
-- of it is not in its hands. What was called off meanwhile ends instead. Only a worker itself may ask for this, and not while it is claiming.
UPDATE tasks_invocation AS invocation
SET status = CASE WHEN ends_as = 'cancelled' THEN 'ending' ELSE 'queued' END,
    due_at = CASE WHEN ends_as = 'cancelled' THEN clock_timestamp() ELSE due_at END
WHERE worker = %(worker)s AND status = 'running' AND NOT EXISTS (
    SELECT 1 FROM unnest(%(ids)s::text[], %(attempts)s::int[]) AS held (id, attempt)
    WHERE held.id = invocation.id AND held.attempt = invocation.attempt
)
RETURNING queue
