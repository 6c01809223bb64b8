"""The pages of signing in, of passwords and of muting: small forms of our own, served before the framework's page."""

from html import escape
from urllib.parse import quote

from data.words import _, language

_STYLE = """
:root{color-scheme:light dark;--back:#FBFBFD;--card:#FFF;--ink:#141A29;--soft:#667085;--line:#E3E7EF;--accent:#3657D6;--bad:#C8372D}
@media(prefers-color-scheme:dark){:root{--back:#0D1220;--card:#161D2F;--ink:#E7ECF6;--soft:#94A0B8;--line:#273149;--accent:#7C93F5;--bad:#FF6B66}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--back);color:var(--ink);
font:14px/1.5 Inter,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{width:min(360px,92vw);padding:32px;background:var(--card);border:1px solid var(--line);border-radius:8px}
h1{margin:0 0 4px;font-size:22px;font-weight:650}p{margin:0 0 20px;color:var(--soft)}
label{display:block;margin:12px 0 4px}input{width:100%;padding:9px 10px;border:1px solid var(--line);border-radius:8px;
background:var(--back);color:var(--ink);font:inherit}
button{width:100%;margin-top:20px;padding:10px;border:0;border-radius:8px;background:var(--accent);color:#FFF;font:inherit;font-weight:600;cursor:pointer}
@media(prefers-color-scheme:dark){button{color:#0D1220}}
.fault{color:var(--bad);margin:12px 0 0}
"""


def sign_in_page(*, back: str = "/", fault: str = "", name: str = "", look_again: bool = False) -> str:
    """Name and password. `look_again` reloads it once, which brings the strict cookie along."""
    action = f"/sign-in?again=1&next={quote(back)}"
    refresh = f'<meta http-equiv="refresh" content="0;url={escape(action)}">' if look_again else ""
    fields = [_name(name), _secret("password", _("Password"))]
    text = _("The data cards of your terminals: what must be done today.")
    return _page(_("Sign in"), text, action, fields, fault=fault, head=refresh)


def set_up_page(token: str, *, fault: str = "", name: str = "") -> str:
    """A name and a password for the first administrator."""
    fields = [_name(name), _secret("new", _("Password"), new=True)]
    text = _("Choose a name and a password of at least 12 characters.")
    verb = _("Make the account")
    return _page(_("First administrator"), text, f"/set-up?token={quote(token)}", fields, fault=fault, verb=verb)


def link_page(token: str, name: str, *, fault: str = "") -> str:
    """A password, typed twice, for whom the link was made."""
    return _page(
        _("Choose your password"), _rule(), f"/reset?token={quote(token)}", [_known(name), *_twice()], fault=fault
    )


def change_page(name: str, *, fault: str = "") -> str:
    """The present password, and the new one twice."""
    fields = [_known(name), _secret("password", _("Your present password")), *_twice()]
    return _page(_("Change your password"), _rule(), "/password", fields, fault=fault)


def over_page() -> str:
    """A link that is used or too old."""
    text = _("This link has been used or is too old. Ask your administrator for another one.")
    return _page(_("Choose your password"), text, "", [])


def mute_page(name: str, query: str) -> str:
    """What would stop, and the button that posts what a mail program would."""
    text = _(
        "The daily digests about cards of {name} would no longer be mailed to this address. Urgent mail, about cards that are"
        " about to end, still comes: it cannot be stopped.",
        name=name,
    )
    fields = ['<input type="hidden" name="List-Unsubscribe" value="One-Click">']
    return _page(_("Stop the daily digests"), text, f"/unsubscribe?{query}", fields)


def muted_page(name: str) -> str:
    """They have stopped."""
    text = _(
        "No more daily digests about cards of {name} are mailed to this address. Urgent mail, about cards that are about to"
        " end, still comes. To get the digests again, ask the company that sent them.",
        name=name,
    )
    return _page(_("The daily digests have stopped"), text, "", [])


def no_mute_page(days: int) -> str:
    """A link that is none, or older than so many days."""
    text = _(
        "This link is not whole, or older than {days} days. The newest digest has one that works; or ask the company that"
        " sends them to stop them.",
        days=days,
    )
    return _page(_("Stop the daily digests"), text, "", [])


def _rule() -> str:
    return _(
        "At least 12 characters; any characters, no rules about them. Several words that nobody connects are good."
        " Your other sessions end."
    )


def _twice() -> list[str]:
    return [_secret("new", _("New password"), new=True), _secret("again", _("The same again"), new=True)]


def _name(name: str) -> str:
    return (
        f'<label for="name">{escape(_("Name"))}</label><input id="name" name="name" value="{escape(name)}"'
        ' autocomplete="username" maxlength="80" required autofocus>'
    )


def _known(name: str) -> str:
    """The name as it stands, where a password manager finds it."""
    return (
        f'<label for="name">{escape(_("Name"))}</label><input id="name" value="{escape(name)}"'
        ' autocomplete="username" readonly>'
    )


def _secret(field: str, label: str, *, new: bool = False) -> str:
    """A password's field. No length is set: a browser would cut what is pasted without a word."""
    completion = "new-password" if new else "current-password"
    return (
        f'<label for="{field}">{escape(label)}</label>'
        f'<input id="{field}" name="{field}" type="password" autocomplete="{completion}" required>'
    )


def _page(
    title: str, text: str, action: str, fields: list[str], *, fault: str = "", verb: str = "", head: str = ""
) -> str:
    """The page as HTML; every value is escaped."""
    shown_fault = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    button = f"<button>{escape(verb or title)}</button>"
    form = f'<form method="post" action="{escape(action)}">{"".join(fields)}{shown_fault}{button}</form>'
    return f"""<!doctype html>
<html lang="{language().replace("_", "-")}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Flowcard · {escape(title)}</title>{head}<style>{_STYLE}</style></head>
<body><main><h1>Flowcard</h1><p>{escape(text)}</p>{form if fields else ""}</main></body></html>"""
