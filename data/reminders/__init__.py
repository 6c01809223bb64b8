"""Reminders: who hears of what, and when.

An occasion (a query, occasions.sql: a card, batch or payment with a date) meets the rules (reminder_rule: who hears of
what, how far ahead) and becomes reminders: one row per recipient, thing, date and stage. The digest of those is unique, so
a scan makes nothing twice, however often it runs. A mail carries what is due (data/mails) and looks again when it is
claimed.

due         waits for a mail
in_mail     a mail that has not left yet carries it
done        said
skipped_late  a later stage came before this one could leave; kept so that the history is whole
moot        renewed, cancelled, decided 不续, handed to somebody else before it was said; becomes due again if that was not so
suppressed  lay in a mail for an address that takes none until it was true no more, or in a digest that its reader has muted;
            becomes due again where digests are wanted again and it still holds
acknowledged  somebody knows of it; so are further stages, but never the last call
snoozed     put off until a day
"""
