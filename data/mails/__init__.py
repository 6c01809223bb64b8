"""The outbox: what leaves the house, by mail or to a chat group; a mail is identified by recipient, kind and slot."""
