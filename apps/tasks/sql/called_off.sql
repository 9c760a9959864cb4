-- Whether a claim was called off before it has started (see cancel.sql).
SELECT 1 FROM tasks_invocation
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running' AND ends_as = 'cancelled'
