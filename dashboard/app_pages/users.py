"""Users and rights: who can sign in and as what; invited, reset, disabled by an administrator who types his password."""

from dashboard import reading, viewer, widgets
from dashboard.widgets import users as shown
from dashboard.widgets.scoping import scope_form
from data.people import keeping
from data.people.rules import Action
from data.words import _

who = viewer.enter(Action.MANAGE_PEOPLE)
with widgets.page_head(
    _("Users and rights"), _("Who can sign in and what they may do. Nobody sees another's password.")
):
    shown.invitation(who)

shown.link_just_made()
rows = reading.fresh(keeping.people, now=reading.home().clock.now())
with widgets.section(_("People"), _("choose a line to change somebody")):
    chosen = shown.register(rows)
if chosen is not None:
    shown.one_person(chosen, who)
    scope_form(chosen, who)
with widgets.section(_("What each role may do"), _("the table that every act is checked against"), tall=True):
    shown.rights()
