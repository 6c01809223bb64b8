"""Who may be paid: a payee is identified by the name that accounts and banks know him by, and paid by what two people said."""
