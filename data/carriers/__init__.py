"""Our accounts at carriers and what each connector can do; an account is identified by its name in carriers.toml."""
