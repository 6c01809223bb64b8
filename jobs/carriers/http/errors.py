"""What can go wrong with a call, as one tree; a caller's one question is whether a byte may have left."""


class CallError(Exception):
    """A call has no answer. The message never names an address with its query, a header or a body."""


class NeverLeft(CallError):
    """Not one byte of the request left this machine."""


class Held(NeverLeft):
    """The carrier's pace has no turn before the deadline; `wait_s` seconds from now it may have."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"calls to this carrier are held back for {wait_s:.0f} s")
        self.wait_s = wait_s


class Doubt(CallError):
    """A byte may have left, or nobody can tell: whatever was asked may have happened."""


class Unreadable(Doubt):
    """An answer came, and it cannot be trusted to say anything."""
