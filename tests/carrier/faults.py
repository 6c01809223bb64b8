"""The faults the test carrier can play, by name: which row of the matrix each belongs to, and whether the order took effect.

To add one: a row here, and where its answer looks different from every other, a function in `playing.py` under the
name of its `answer`. Directed: `carrier.fault("f2_timeout_after", order_no=…, call=1)`; at random: `settings(mix={name: share})`.
Keywords of `fault` reach the fault as its params: `charged`, `status`, `code`, `delay_s`, `retry_after`, `body`, `amount_fen`, …
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One misfortune."""

    row: str  # of the test matrix
    charged: bool  # whether the order takes effect; a directed fault may say otherwise with `charged=`
    answer: str  # how it is answered: a key of ANSWERS in playing.py
    sentence: str


FAULTS = {
    "f1_timeout_before": Fault("F1", False, "silence", "nothing is done and nothing is answered"),
    "f2_timeout_after": Fault("F2", True, "silence", "bought, never answered"),
    "f3_5xx_before": Fault("F3", False, "error_5xx", "an error of the server before anything was done"),
    "f4_5xx_after": Fault("F4", True, "error_5xx", "bought, then an error of the server"),
    "f5_reset_before": Fault("F5", False, "reset", "the connection is reset before anything was done"),
    "f6_reset_after": Fault("F6", True, "reset", "bought, then the connection is reset"),
    "f7_cut_body": Fault("F7", True, "cut", "bought; the stream ends inside the body"),
    "f8_proxy_page": Fault("F8", True, "proxy_page", "bought; a proxy answers with a page of its own"),
    "f9_drip_headers": Fault("F9", True, "drip_headers", "bought; the headers come a byte at a time"),
    "f9_drip_body": Fault("F9", True, "drip_body", "bought; the body comes a byte at a time"),
    "f10_odd_body": Fault(
        "F10", True, "odd_body", "bought; the body is `body` (base64), or `huge_mb` of it, or a gzip bomb"
    ),
    "f11_schema": Fault("F11", True, "schema", "bought; valid JSON that says nothing we know"),
    "f11_code": Fault("F11", True, "code", "`charged` or not; answered with `status` and `code`"),
    "f11_other_order": Fault("F11", True, "other", "bought; the reply names another order"),
    "f11_other_amount": Fault("F11", True, "other", "bought; the reply names another amount"),
    "f11_other_iccid": Fault("F11", True, "other", "bought; the reply names another card"),
    "f12_429": Fault("F12", False, "too_many", "too many calls, with `retry_after` or without"),
    "f13_token_expired": Fault("F13", False, "token_expired", "all tokens have expired"),
    "f13_token_down": Fault("F13", False, "error_5xx", 'on="token": no token can be had'),
    "f14_twice": Fault("F14", True, "plain", "the network delivers the request twice"),
    "f15_late": Fault("F15", True, "silence", "takes effect `delay_s` later, never answered"),
    "f17_accepted": Fault("F17", True, "plain", "accepted; in effect `delay_s` later"),
    "f17_accepted_fails": Fault("F17", False, "plain", "accepted; definitely failed `delay_s` later"),
    "f17_accepted_refunded": Fault("F17", True, "plain", "accepted; charged, and refunded `delay_s` later"),
    "f17_refunded": Fault("F17", True, "plain", "bought and said so; refunded `delay_s` later"),
    "f18_partial": Fault("F18", True, "plain", "half of the amount is charged, and said so"),
    "f18_partial_silent": Fault("F18", True, "silence", "half of the amount is charged, never answered"),
    "f19_redirect": Fault("F19", False, "redirect", "sent on to another address"),
    "f22_price_changed": Fault("F22", True, "plain", "`amount_fen` is charged, and said so"),
    "f22_price_refused": Fault("F22", False, "code", "refused: the price has changed"),
    "refused": Fault("–", False, "code", "refused for `code`"),
    "down": Fault("F16", False, "error_5xx", 'on="query": the query is down'),
}
# What a random mix may hold: nothing that needs params, nothing that our own contract says cannot happen.
MIXABLE = (
    "f1_timeout_before", "f2_timeout_after", "f3_5xx_before", "f4_5xx_after", "f5_reset_before", "f6_reset_after",
    "f7_cut_body", "f8_proxy_page", "f9_drip_headers", "f9_drip_body", "f10_odd_body", "f11_schema",
    "f12_429", "f13_token_expired", "f15_late", "f17_accepted", "f17_accepted_fails", "f19_redirect", "refused",
)  # fmt: skip
