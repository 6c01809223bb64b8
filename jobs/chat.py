"""The bots of chat groups, through apprise: WeCom and DingTalk, within what they really take.

Both answer 200 to what they refuse and say so in the body, at which apprise does not look: here it is looked at. Like a
mail, a message was `sent`, or it goes out `retry` later, was `refused`, or nobody knows (`unknown`).
"""

import json
import re
import threading
from typing import TYPE_CHECKING, Any

from apprise import AppriseAsset, NotifyFormat
from apprise.plugins import dingtalk, wecombot
from apprise.plugins.base import NotifyBase

from data.mails.rules import Outcome
from data.secrets import Secret
from data.words import N_, later, plural

if TYPE_CHECKING:
    from jobs.letters import Letter

# What WeCom takes in one message; the library believes in sixteen times as much. DingTalk takes more than anybody reads.
MOST_BYTES = 2_048
_TIMEOUT_S = 10.0
_OURS = AppriseAsset(app_id="Flowcard", app_desc="Flowcard", app_url="", http_redirects=False)

_WECOM = re.compile(r"(?:wecombot://|https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=)([A-Za-z0-9_-]{8,64})/?")
_DINGTALK = re.compile(
    r"(?:dingtalk://(?:(?P<secret>\w{8,128})@)?|https://oapi\.dingtalk\.com/robot/send\?access_token=)"
    r"(?P<token>[A-Za-z0-9]{8,128})(?:&secret=(?P<after>\w{8,128}))?/?"
)
# Their own words for "not so fast" and "busy": WeCom, DingTalk.
_LATER_CODES = frozenset({-1, 45009, 130101})
_OK, _TOO_MANY = 200, 429

NO_BOT = N_("This is no address of a WeCom or DingTalk bot; give the one the group shows for its bot")
UNREACHABLE = N_("The bot cannot be reached: {why}")
NOT_NOW = N_("The bot asks to come back later: {answer}")
REFUSED = N_("The bot does not take it: {answer}")
UNCLEAR = N_("The message was handed over and nothing was heard of it: it may have arrived ({why})")
TAKEN = N_("The group has it")


def text(letter: "Letter", *, things: int) -> str:
    """What a group reads of a letter about so many things: as many lines as fit, then how many more there are, and where."""
    body = letter.text.partition("\n-- \n")[0].strip()
    if len(body.encode()) <= MOST_BYTES:
        return body
    lines = [line for line in body.splitlines() if not letter.link or letter.link not in line]
    while True:
        lines.pop()
        shown = sum(line.startswith("- ") for line in lines)
        cut = "\n".join([*lines, "", plural("{count} more", "{count} more", things - shown), letter.link]).strip()
        if not lines or len(cut.encode()) <= MOST_BYTES:
            return cut.encode()[:MOST_BYTES].decode(errors="ignore")


def send(bot: Secret, content: str) -> Outcome:
    """Say `content` in the group whose bot this is. Never raises, follows no redirect, tries once."""
    found = _bot(bot.reveal().strip())
    if found is None:
        return Outcome("refused", reply=later(NO_BOT))
    found.socket_connect_timeout = found.socket_read_timeout = _TIMEOUT_S
    _heard.outcome = None
    taken = found.notify(body=content, title="", body_format=NotifyFormat.TEXT)
    outcome: Outcome | None = _heard.outcome
    # Nothing was heard where the library itself would not send.
    return outcome or Outcome("unknown" if taken else "refused", reply=later(REFUSED, answer=type(found).__name__))


def _bot(address: str) -> NotifyBase | None:
    """The bot alone: whatever else an address may ask of the library (another host, no certificates) is not heard."""
    wecom, ding = _WECOM.fullmatch(address), _DINGTALK.fullmatch(address)
    if wecom:
        return wecombot.NotifyWeComBot(key=wecom[1], asset=_OURS)  # type: ignore[no-untyped-call]
    if ding:
        secret = ding["secret"] or ding["after"]
        return dingtalk.NotifyDingTalk(token=ding["token"], secret=secret, asset=_OURS)  # type: ignore[no-untyped-call]
    return None


class _Heard(threading.local):
    outcome: Outcome | None = None


_heard = _Heard()


class _Listening:
    """Stands before the HTTP library in apprise's two plugins, and keeps what the bot answered."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def post(self, *given: Any, **named: Any) -> Any:
        """Send, and judge the answer."""
        try:
            reply = self._library.post(*given, **named)
        except self._library.RequestException as error:
            why = type(error).__name__
            # Only where no line ever stood is it sure that nothing left.
            never = (self._library.exceptions.ConnectTimeout, self._library.exceptions.SSLError)
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            left = not isinstance(error, never) and type(reason).__name__ not in {
                "NewConnectionError",
                "NameResolutionError",
            }
            _heard.outcome = Outcome(
                "unknown" if left else "retry", reply=later(UNCLEAR if left else UNREACHABLE, why=why)
            )
            raise
        _heard.outcome = _judged(reply.status_code, reply.content[:4_096])
        return reply


def _judged(status: int, body: bytes) -> Outcome:
    if status == _OK:
        return _said(body)
    answer = str(status)
    if status == _TOO_MANY:
        return Outcome("retry", code=status, reply=later(NOT_NOW, answer=answer))
    if 400 <= status < 500:
        return Outcome("refused", code=status, reply=later(REFUSED, answer=answer))
    return Outcome("unknown", reply=later(UNCLEAR, why=answer))


def _said(body: bytes) -> Outcome:
    try:
        told = json.loads(body)
        code = int(told["errcode"])
    except (ValueError, TypeError, LookupError):
        return Outcome("unknown", reply=later(UNCLEAR, why="200"))
    if code == 0:
        return Outcome("sent", reply=later(TAKEN))
    answer = " ".join(f"{code} {told.get('errmsg', '')}".split())[:300]
    if code in _LATER_CODES:
        return Outcome("retry", code=code, reply=later(NOT_NOW, answer=answer))
    return Outcome("refused", code=code, reply=later(REFUSED, answer=answer))


for _plugin in (wecombot, dingtalk):
    _plugin.requests = _Listening(_plugin.requests)  # type: ignore[attr-defined]
