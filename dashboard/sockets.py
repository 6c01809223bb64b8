"""Open sockets: a session that somebody ends reaches them at once; a click on them keeps the session from going idle.

A socket is let in by its cookie once and stays open for hours. Its script reads the session anew at every rerun; what
is on the screen already would stay there. So one watch asks for all of them whether their sessions still stand.
"""

import asyncio
import logging
from datetime import datetime

from anyio import to_thread
from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from dashboard.viewer import session_limits
from data import home as house
from data.people import sessions
from data.people.sessions import Session

log = logging.getLogger("flowcard.sockets")
_LOOK_EVERY_S = 1.0
# So long a script has to send its tab to the sign-in page before the line is cut.
_GRACE_S = 3.0
_POLICY = 1008
_open: dict[str, set["_Socket"]] = {}
_watch: asyncio.Task[None] | None = None


async def until_over(app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, session: Session) -> None:
    """Serve a websocket until it closes or somebody ends its session."""
    global _watch
    socket = _Socket(session, receive, send)
    _open.setdefault(session.session_id, set()).add(socket)
    if _watch is None or _watch.done():
        _watch = asyncio.create_task(_watching())
    try:
        await app(scope, socket.receive, send)
    finally:
        socket.dispose()
        _open[session.session_id].discard(socket)
        if not _open[session.session_id]:
            del _open[session.session_id]


async def _watching() -> None:
    """Ask once a second, while any socket is open, which sessions have been ended."""
    while _open:
        await asyncio.sleep(_LOOK_EVERY_S)
        for session_id in await to_thread.run_sync(_ended, list(_open)):
            for socket in _open.get(session_id, ()):
                socket.over.set()


def _ended(session_ids: list[str]) -> list[str]:
    return sessions.ended(house.current().db.read(), session_ids)


class _Socket:
    """What comes in on one websocket: the browser's messages until the session is over, then one last rerun, then the end."""

    def __init__(self, session: Session, receive: Receive, send: Send) -> None:
        self.over = asyncio.Event()
        self._session_id = session.session_id
        self._touched: datetime = session.seen_at
        self._receive, self._send = receive, send
        self._next: asyncio.Task[Message] | None = None
        self._told = False

    async def receive(self) -> Message:
        """The next message for the app."""
        if self._told:
            return await self._the_end()
        # A message half received is not lost when the session ends: the task goes on to the next call.
        self._next = self._next or asyncio.ensure_future(_message(self._receive))
        ending = asyncio.ensure_future(self.over.wait())
        await asyncio.wait({self._next, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if self.over.is_set():
            # The script runs once more, sees that nobody is signed in and sends its tab to the sign-in page.
            self._told = True
            return {"type": "websocket.receive", "bytes": BackMsg(rerun_script=ClientState()).SerializeToString()}
        message, self._next = self._next.result(), None
        if _is_click(message):
            await self._touch()
        return message

    def dispose(self) -> None:
        """Nobody listens any more."""
        if self._next is not None:
            self._next.cancel()

    async def _the_end(self) -> Message:
        """Wait for the tab to leave by itself, then cut the line; what it still says is not heard."""
        deadline = asyncio.get_running_loop().time() + _GRACE_S
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            self._next = self._next or asyncio.ensure_future(_message(self._receive))
            done, _waiting = await asyncio.wait({self._next}, timeout=left)
            if done:
                message, self._next = self._next.result(), None
                if message["type"] == "websocket.disconnect":
                    return message
        log.info("socket closed: its session was ended")
        await self._send({"type": "websocket.close", "code": _POLICY})
        return {"type": "websocket.disconnect", "code": _POLICY}

    async def _touch(self) -> None:
        home = house.current()
        if home.clock.now() - self._touched > sessions.TOUCH_EVERY:
            self._touched = home.clock.now()
            await to_thread.run_sync(_touch, self._session_id)


async def _message(receive: Receive) -> Message:
    return await receive()


def _touch(session_id: str) -> None:
    home = house.current()
    with home.db.write(quiet=True) as tx:
        # A click that comes too late wakes nobody.
        if sessions.of_socket(tx, session_id, now=tx.now, **session_limits()):
            sessions.touch(tx, session_id)


def _is_click(message: Message) -> bool:
    """Whether a person did something, other than what a page asks for by itself every few seconds."""
    if message["type"] != "websocket.receive" or not message.get("bytes"):
        return False
    asked = BackMsg()
    try:
        asked.ParseFromString(message["bytes"])
    except DecodeError:
        return False  # the framework closes the line over it
    return asked.WhichOneof("type") == "rerun_script" and not asked.rerun_script.is_auto_rerun
