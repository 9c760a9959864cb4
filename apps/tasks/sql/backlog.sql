-- What waits in each queue, and since when the oldest of it could have been started. The first step of the recursion
-- finds the least (queue, priority) in the index, each other one the next, and with it the earliest time in there: as
-- many look-ups as there are pairs, however much waits. Counting ends at %(most)s a queue; in the
-- index's order, as without one the planner gathers all rows before the first is counted.
WITH RECURSIVE steps (queue, priority, due_at) AS (
    (SELECT queue, priority, due_at FROM tasks_invocation WHERE status = 'queued'
     ORDER BY queue, priority, due_at LIMIT 1)
    UNION ALL
    SELECT following.queue, following.priority, following.due_at
    FROM steps CROSS JOIN LATERAL (
        SELECT queue, priority, due_at FROM tasks_invocation
        WHERE status = 'queued' AND (queue, priority) > (steps.queue, steps.priority)
        ORDER BY queue, priority, due_at LIMIT 1
    ) AS following
), oldest AS (
    SELECT queue, min(due_at) AS due_at FROM steps GROUP BY queue
)
SELECT oldest.queue, counted.number, greatest(0, extract(epoch FROM now() - oldest.due_at))::float8
FROM oldest CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT 1 FROM tasks_invocation WHERE status = 'queued' AND queue = oldest.queue
        ORDER BY priority, due_at LIMIT %(most)s
    ) AS found
) AS counted
ORDER BY oldest.queue
