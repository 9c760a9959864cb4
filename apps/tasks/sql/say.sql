-- Keep what a running task says of itself: a state with its data, what it has sent; what is null stays as it is.
-- Fenced as in complete.sql.
UPDATE tasks_invocation
SET state = coalesce(%(state)s, state), meta = CASE WHEN %(state)s::text IS NULL THEN meta ELSE %(meta)s END,
    children = coalesce(%(children)s, children)
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running'
RETURNING id
