-- Return what this worker claimed in a statement whose answer never arrived: running under its name, but not in its
-- hands. Only a worker itself may ask for this, and not while it is claiming.
UPDATE tasks_invocation
SET status = 'queued'
WHERE worker = %(worker)s AND status = 'running' AND id <> ALL (%(held)s::text[])
RETURNING queue
