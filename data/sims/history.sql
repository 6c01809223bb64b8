-- name: timeline
-- What happened to one card, newest first: changes, renewals with the people, notes, papers, findings. `detail` is JSON.
WITH mine AS (
    SELECT id, kind FROM obligation WHERE sim_id = $sim_id
)
SELECT * FROM (
    SELECT ts, 'change' AS kind, field AS what, json_object('before', before, 'after', after)::VARCHAR AS detail, source AS who
    FROM sim_change WHERE sim_id = $sim_id
    UNION ALL
    SELECT b.proposed_at, 'renewal', 'proposed',
        json_object('ordered', b.kind, 'batch', b.id, 'months', l.months, 'amount_fen', l.amount_fen, 'new_expiry', l.new_expiry)::VARCHAR, p.name
    FROM batch_line l JOIN batch b ON b.id = l.batch LEFT JOIN person p ON p.person_id = b.maker
    WHERE l.sim_id = $sim_id AND l.refusal IS NULL
    UNION ALL
    SELECT b.approved_at, 'renewal', 'approved', json_object('ordered', b.kind, 'batch', b.id)::VARCHAR, p.name
    FROM batch_line l JOIN batch b ON b.id = l.batch LEFT JOIN person p ON p.person_id = b.checker
    WHERE l.sim_id = $sim_id AND l.refusal IS NULL AND b.approved_at IS NOT NULL
    UNION ALL
    SELECT e.ts, 'renewal', e.to_state, json_merge_patch(e.evidence::JSON, json_object('ordered', m.kind))::VARCHAR, e.actor
    FROM event e JOIN mine m ON m.id = e.obligation WHERE e.to_state <> 'pending'
    UNION ALL
    SELECT n.ts, 'note', 'note', json_object('text', concat_ws(' · ', n.ticket_no, n.note))::VARCHAR, p.name
    FROM renewal_note n LEFT JOIN person p USING (person_id) WHERE n.obligation IN (SELECT id FROM mine)
    UNION ALL
    SELECT v.filed_at, 'voucher', v.kind, json_object('filename', v.filename)::VARCHAR, p.name
    FROM voucher v LEFT JOIN person p ON p.person_id = v.filed_by
    WHERE v.voucher_id IN (SELECT voucher_id FROM proof WHERE obligation IN (SELECT id FROM mine))
    UNION ALL
    SELECT found_at, 'finding', kind, detail, source FROM finding WHERE sim_id = $sim_id
)
ORDER BY ts DESC, kind, what LIMIT $limit;
