"""Bodies that are nearly JSON, JSON that is nearly an answer, and a good answer with one byte changed or missing."""

import json
from collections.abc import Iterator

_BROKEN = [
    "", " ", "\n", "null", "true", "0", "1", "-1", '"0"', "[]", "[0]", '[{"code":"0"}]', "{", "}", "{}", "{{}}", "[{]}",
    "nul", "True", "NaN", "Infinity", "-Infinity", "undefined", "None", "'0'", "code=0", "<xml/>", "<html></html>",
    "OK", "success", "成功", '{"code"}', '{"code":}', '{"code":"0",}', '{,"code":"0"}', '{"code":"0"', '"code":"0"}',
    '{"code":"0"}}', '{"code":"0"}{"code":"0"}', '{"code":"0"} x', "{'code':'0'}", '{code:"0"}', '{"code" "0"}',
    '{"code":"0" "status":"done"}', '{"code":"0";"status":"done"}', '{"code":0,}', '{"code":00}', '{"code":+0}',
    '{"code":.0}', '{"code":0.}', '{"code":0x0}', '{"code":1e}', '{"code":1e+}', '{"code":"\t"}', '{"code":"\\x30"}',
    '{"code":"\\u003"}', '{"code":"\\ud800"}', '{"code":"\\udc00\\ud800"}', '{"code":"0\\', "/**/{}", '{"code":"0"}//',
    '{"code":"0"/**/}', "[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500, '{"code":"0","amount_fen":NaN}',
    '{"code":"0","code":"1"}', '{"code":"E1","code":"0"}', '{"code":"0","amount_fen":1e999999999}',
    '{"code":"0","amount_fen":' + "9" * 5_000 + "}", '{"code":"0","amount_fen":' + "9" * 39 + "}",
    '{"code":0}', '{"code":null}', '{"code":true}', '{"code":["0"]}', '{"code":{"0":0}}', '{"code":" 0"}', '{"code":"0 "}',
    '{"code":"０"}', '{"code":"O"}', '{"Code":"0"}', '{"CODE":"0"}', '{"data":{"code":"0","status":"done"}}',
]  # fmt: skip
_GOOD = {
    "code": "0",
    "status": "done",
    "ref": "C1",
    "order_no": "R1",
    "iccid": "1",
    "amount_fen": 1200,
    "expires_on": "2027-11-30",
}
# One field at a time takes a value of the wrong kind. What is merely another card, order or amount is F11.
_WRONG = {
    "status": [None, 0, "", "DONE", "done ", "ok", True, [], {}, "处理中", "pending"],
    "ref": [0, True, [], {}, "", "x" * 65, 1.5],
    "order_no": [0, True, [], {}, "", "x" * 65, 1.5],
    "iccid": [0, 89860410123450000017, True, [], {}, "", 8.98e19],
    "amount_fen": ["1200", 1200.0, 12.5, True, [], {}, "", "¥12.00", 10**13, -(10**13), 1e3],
    "expires_on": [0, True, [], {}, "", "2027-13-01", "30.11.2027", "2027-02-30", "9" * 30, "tomorrow"],
}
ODD: list[bytes] = [
    *(text.encode() for text in _BROKEN),
    *(json.dumps(_GOOD | {name: value}).encode() for name, values in _WRONG.items() for value in values),
    *(json.dumps({"code": "0"} | {name: value}).encode() for name, value in _GOOD.items() if name != "status"),
    *(json.dumps(_GOOD).encode(encoding) for encoding in ("utf-16", "utf-32", "utf-16-le", "utf-8-sig")),
    json.dumps(_GOOD | {"ref": "成功"}, ensure_ascii=False).encode("gb18030"),
    *(json.dumps(_GOOD)[:-1].encode() + byte for byte in (b"\x00}", b"\xff}", b"\xc3}", b"\x80", b"\xed\xa0\x80}")),
    b"\x00" * 1_000,
    b"\x1f\x8b\x08\x00",
    bytes(range(256)),
    json.dumps({"code": "0", "status": "processing"}).encode(),
]  # fmt: skip


def told_of(order_no: str, iccid: str, amount_fen: int) -> bytes:
    """What the carrier says of an order that is done."""
    return json.dumps(_GOOD | {"order_no": order_no, "iccid": iccid, "amount_fen": amount_fen}).encode()


def variations(good: bytes) -> Iterator[bytes]:
    """The good answer, each beginning of it, and itself with one byte changed in the way networks and editors do."""
    yield good
    for position in range(len(good)):
        yield good[:position]
    for position in range(0, len(good), 2):
        yield good[:position] + bytes([good[position] ^ 0x01]) + good[position + 1 :]
