"""Exports: what a page shows, written to a file by DuckDB inside exports/.

Every export goes the same way. The rows of the page's own query are staged once as Parquet under their canonical column
names (sources.py, queries.sql), so that all parts of one export show one state of the data. From there each part gets
its headers and its format (writing.py): Parquet as it is, CSV with a byte order mark and no text that a spreadsheet
could run, XLSX with text cells.
"""
