-- The queues in which something waits. Each step of the recursion finds the next name in the index, so it costs as many
-- look-ups as there are queues, however much waits in them.
WITH RECURSIVE ready (queue) AS (
    (SELECT queue FROM tasks_invocation WHERE status = 'queued' ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT queue FROM tasks_invocation WHERE status = 'queued' AND queue > ready.queue ORDER BY queue LIMIT 1)
    FROM ready WHERE ready.queue IS NOT NULL
), delayed (queue) AS (
    (SELECT queue FROM tasks_invocation WHERE status = 'scheduled' ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT queue FROM tasks_invocation WHERE status = 'scheduled' AND queue > delayed.queue
            ORDER BY queue LIMIT 1)
    FROM delayed WHERE delayed.queue IS NOT NULL
)
SELECT queue FROM ready WHERE queue IS NOT NULL UNION SELECT queue FROM delayed WHERE queue IS NOT NULL
