-- name: agents
-- Agents with most cards in service.
SELECT a.agent_no AS part, coalesce(a.name, a.agent_no) AS name FROM sim_now n JOIN agent a ON a.agent_id = n.agent_id
WHERE n.live GROUP BY ALL ORDER BY count(*) DESC, a.agent_no LIMIT $limit;

-- name: branches
-- Branches with most cards in service.
SELECT branch AS part, branch AS name FROM sim_now WHERE live AND branch IS NOT NULL
GROUP BY branch ORDER BY count(*) DESC, branch LIMIT $limit;
