"""People who sign in, what their role may do, and their sessions; identified by a name that never changes."""
