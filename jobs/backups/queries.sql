-- name: attach
-- A new file that is to become the copy.
ATTACH '{path}' AS {name};

-- name: begin
-- What is read from here on is one instant of the home.
BEGIN;

-- name: copy_all
-- Tables, keys, checks, sequences and views into the new file.
COPY FROM DATABASE {home} TO {name};

-- name: commit
-- The copy is whole.
COMMIT;

-- name: detach
-- Fold its log into the file and let it go.
DETACH {name};

-- name: tables
-- Every table of the home.
SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary AND NOT internal
ORDER BY table_name;

-- name: contents
-- How many rows, and a sum over every value of them that tells a changed one.
SELECT count(*) AS rows, coalesce(bit_xor(hash(whole_row)), 0) AS sum FROM {table} whole_row;
