"""The envelope of Linkcard's answers, and what its codes mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.carriers.classifying import Codes
from jobs.carriers.http import CallError, NoToken, Reply

CODES = Codes(
    ok=frozenset({"200"}),
    refused={
        "IccidNotExist": "not_our_card",
        "CredentialInstanceNotExist": "not_our_card",
        "DataLevelCanNotEmpty": "plan_unsuitable",
        "IllegalRequest": "not_buildable",
        "Ambiguous": "not_buildable",
        "TimeFormatError": "not_buildable",
        "InvalidAliyunPK": "account_data",
    },
    sign_in=frozenset(
        {
            "SignVerificationFailed",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.Inactive",
            "InvalidTimeStamp.Expired",
            "InvalidTimeStamp.Format",
            "Forbidden.RAM",
        }
    ),
)
"""Not here on purpose, so a doubt: BusinessProcessError (a rule refused it, or it knows our serial already), InternalError,
RPCInvokeError and BatchOperationFailed (it may have run), SignatureNonceUsed (a network delivered one call twice)."""


@dataclass(frozen=True)
class Envelope:
    """An answer without its wrapping."""

    code: str | None  # None: it says none, or says yes and no at once
    data: Any
    request_id: str
    text: str

    @classmethod
    def of(cls, reply: Reply) -> "Envelope":
        """What a reply holds. Raises Unreadable."""
        told: Mapping[str, Any] = reply.told()
        nested = told.get("data")
        if "Code" not in told and isinstance(nested, dict):
            told = nested
        code, success, request_id, text = (told.get(name) for name in ("Code", "Success", "RequestId", "ErrorMessage"))
        # HTTP 200 may hold a no, and a yes needs both its words.
        agree = isinstance(code, str) and (code in CODES.ok) is (success is True)
        return cls(
            code if agree else None,
            told.get("Data"),
            request_id[:64] if isinstance(request_id, str) else "",
            text if isinstance(text, str) else "",
        )

    def words(self) -> str:
        """What the carrier says of a rule that refused, for people. Other texts may hold what was signed."""
        printable = "".join(sign for sign in self.text if sign.isprintable())
        return printable[:80] if self.code == "BusinessProcessError" else ""


def throttled(reply: Reply, told: Envelope) -> bool:
    """Whether this is the gateway's flow control, which comes before any effect."""
    return 400 <= reply.status < 500 and told.code is not None and told.code.partition(".")[0] == "Throttling"


def not_told(action: str, reply: Reply, told: Envelope) -> CallError:
    """Why a read has no answer."""
    if told.code in CODES.sign_in:
        return NoToken(f"the carrier refuses our access key: {told.code}")
    return CallError(f"{action}: HTTP {reply.status}, {(told.code or 'no code')[:60]}")
