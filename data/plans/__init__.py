"""Plans and their prices; a plan is its name at its carrier, a price is an offer of it through a channel for a time."""
