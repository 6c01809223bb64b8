-- Silent periods ------------------------------------------------------------------------------------------------------

ALTER TABLE account ADD COLUMN silent_months INTEGER;   -- from delivery to the term that starts by force; null: not known
ALTER TABLE sim ADD COLUMN delivered_on DATE;           -- its silent period's first day: a file's, or the day it was seen to leave the stock
ALTER TABLE sim ADD COLUMN silent_until DATE;           -- the last day of its silent period, as a file said
ALTER TABLE sim_now ADD COLUMN silent_until DATE;       -- of a card that has not begun: after this day its term starts by force

-- Cards that have been seen to leave the stock.
UPDATE sim SET delivered_on = seen.day
FROM (
    SELECT sim_id, timezone('Asia/Shanghai', max(ts))::DATE AS day FROM sim_change
    WHERE field = 'status' AND before IN ('stock', 'test') AND after = 'silent' GROUP BY sim_id
) seen
WHERE seen.sim_id = sim.sim_id AND sim.status = 'silent';

-- A home that has its rules hears of this too; one without begins with those of every subject.
INSERT INTO reminder_rule (subject, stages, role, made_at)
SELECT 'silent', '30,7,1', 'operator', max(made_at) FROM reminder_rule HAVING count(*) > 0;
