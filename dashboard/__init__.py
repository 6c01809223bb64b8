"""What people see and ask for. It asks by writing a row; it never calls a carrier and never sends a mail."""
