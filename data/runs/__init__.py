"""The schedule as people see it: jobs, their runs, and what people ask of them; a job is identified by its name."""
