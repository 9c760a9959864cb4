-- Write a new invocation, in the caller's transaction. An id whose last life has ended starts a new one;
-- an id that is still alive changes nothing and returns no row. `attempt` goes on counting over the lives,
-- so that a straggler of the old one cannot end the new one.
INSERT INTO tasks_invocation AS known (
    id, queue, actor, payload, priority, status, due_at, created_at,
    attempt, retries, deaths, worker, ends_as, error, traceback
)
VALUES (
    %(id)s, %(queue)s, %(actor)s, %(payload)s, %(priority)s,
    CASE WHEN %(delay_ms)s > 0 THEN 'scheduled' ELSE 'queued' END,
    clock_timestamp() + %(delay_ms)s * interval '1 millisecond', clock_timestamp(),
    0, 0, 0, '', '', '', ''
)
ON CONFLICT (id) DO UPDATE SET
    queue = excluded.queue, actor = excluded.actor, payload = excluded.payload, priority = excluded.priority,
    status = excluded.status, due_at = excluded.due_at, created_at = excluded.created_at,
    started_at = NULL, finished_at = NULL, retries = 0, deaths = 0, worker = '', ends_as = '',
    result = NULL, state = NULL, meta = NULL, children = NULL, error = '', traceback = ''
WHERE known.status IN ('succeeded', 'failed', 'dead', 'cancelled') AND %(reuse)s
RETURNING id
