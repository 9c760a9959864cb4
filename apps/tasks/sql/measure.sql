-- Add what a process has measured to what all have. Rows are locked in one order, so that two who write at the same
-- time wait for each other one way only.
INSERT INTO tasks_measure AS known (measure, labels, bucket, amount, changed_at)
SELECT measure, labels, bucket, amount, now()
FROM unnest(%(measures)s::text[], %(labels)s::text[], %(buckets)s::text[], %(amounts)s::float8[])
    AS mine (measure, labels, bucket, amount)
ON CONFLICT (measure, labels, bucket) DO UPDATE SET amount = known.amount + excluded.amount, changed_at = now()
