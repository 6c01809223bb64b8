-- name: copied
-- The rows of one table that a rehearsal takes along: numbers of people mean others there, and stay behind.
SELECT {columns} FROM {table};

-- name: copied_changes
-- What happened to the cards, but for what a person decided.
SELECT * FROM sim_change WHERE field NOT LIKE 'decision%';

-- name: taken
-- They go into the sandbox in the order they came.
INSERT INTO {table} BY NAME SELECT * FROM read_parquet($file);

-- name: accounts
-- The accounts of carriers.toml as the home knows them.
SELECT * FROM account WHERE listed ORDER BY account;

-- name: cards
-- How many cards came along.
SELECT count(*) FROM sim;
