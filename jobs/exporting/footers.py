"""The head of the audit log under every sheet and paper: whoever keeps one can prove later what stood before it."""

from data.audit import store as audit
from data.home import Home
from data.words import _


def audit_line(home: Home) -> str:
    """The head as it stands now, in the language of the moment."""
    return _("Head of the audit log: {head}", head=audit.head(home.db.read()))


def printed(home: Home) -> dict[str, str]:
    """What Excel prints under each page of a sheet."""
    return {"footer": f"&L{audit_line(home)}&R&P / &N"}
