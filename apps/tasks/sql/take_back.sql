-- Take everything a departed worker process was running back. After a death each of them is a suspect and is run
-- alone from then on, so a second and a third death are certainly its own: at %(most_deaths)s it is given up, and due
-- to be ended now. Otherwise it keeps its place in the queue. What was called off meanwhile (see cancel.sql) ends with
-- the reason it was given then.
UPDATE tasks_invocation
SET deaths = deaths + %(died)s,
    status = CASE WHEN ends_as = 'cancelled' OR deaths + %(died)s >= %(most_deaths)s THEN 'ending' ELSE 'queued' END,
    ends_as = CASE WHEN ends_as = 'cancelled' THEN ends_as
        WHEN deaths + %(died)s >= %(most_deaths)s THEN 'dead' ELSE '' END,
    result = CASE WHEN ends_as <> 'cancelled' AND deaths + %(died)s >= %(most_deaths)s THEN NULL ELSE result END,
    state = CASE WHEN ends_as = 'cancelled' OR deaths + %(died)s >= %(most_deaths)s THEN NULL ELSE state END,
    meta = CASE WHEN ends_as = 'cancelled' OR deaths + %(died)s >= %(most_deaths)s THEN NULL ELSE meta END,
    due_at = CASE WHEN ends_as = 'cancelled' OR deaths + %(died)s >= %(most_deaths)s THEN clock_timestamp()
        ELSE due_at END,
    error = CASE WHEN ends_as = 'cancelled' OR %(died)s = 0 THEN error
        ELSE format('Its worker process died while running it (%%s), time %%s of %%s.',
                    %(reason)s::text, deaths + %(died)s, %(most_deaths)s::int) END
WHERE worker = %(worker)s AND status = 'running'
RETURNING queue, status
