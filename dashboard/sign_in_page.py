"""The sign-in and set-up page: one small form of our own, served before the framework's page."""

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


def page(
    *, back: str = "/", fault: str = "", name: str = "", look_again: bool = False, set_up_token: str | None = None
) -> str:
    """The page as HTML; every value is escaped. `look_again` reloads it once, which brings the strict cookie along."""
    action = f"/sign-in?again=1&next={quote(back)}" if set_up_token is None else f"/set-up?token={quote(set_up_token)}"
    title, text, verb = (
        (_("Sign in"), _("The data cards of your terminals: what must be done today."), _("Sign in"))
        if set_up_token is None
        else (
            _("First administrator"),
            _("Choose a name and a password of at least 12 characters."),
            _("Make the account"),
        )
    )
    refresh = f'<meta http-equiv="refresh" content="0;url={escape(action)}">' if look_again else ""
    shown_fault = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    completion = "current-password" if set_up_token is None else "new-password"
    return f"""<!doctype html>
<html lang="{language().replace("_", "-")}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Flowcard · {escape(title)}</title>{refresh}<style>{_STYLE}</style></head>
<body><main><h1>Flowcard</h1><p>{escape(text)}</p><form method="post" action="{escape(action)}">
<label for="name">{escape(_("Name"))}</label>
<input id="name" name="name" value="{escape(name)}" autocomplete="username" maxlength="80" required autofocus>
<label for="password">{escape(_("Password"))}</label>
<input id="password" name="password" type="password" autocomplete="{completion}" maxlength="200" required>
{shown_fault}<button>{escape(verb)}</button></form></main></body></html>"""
