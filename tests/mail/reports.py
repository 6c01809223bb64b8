"""Mails as servers write them about a letter: that it could not be delivered (RFC 3464), that somebody complained (RFC 5965)."""

from email import message_from_bytes

FIRST = """From: MAILER-DAEMON@mx.example.test (Mail Delivery System)
To: flowcard@example.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="part/of/this"

This is a MIME-encapsulated message.

--part/of/this
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you about your message.

"""
DELIVERY = """--part/of/this
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test
Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0800 (CST)

{recipients}
"""
RECIPIENT = """Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}
"""
FEEDBACK = """--part/of/this
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeMailbox/1.0
Version: 1

"""
UNKNOWN_USER = "smtp; 550 5.1.1 <wang@example.test>: Recipient address rejected: User unknown"


def bounce(letter, *, action="failed", status="5.1.1", diagnostic=UNKNOWN_USER, headers_only=False, more=()):
    """The report about a letter as its bytes left; `more`: what else it says of further recipients."""
    told = [{"to": "wang@example.test", "action": action, "status": status, "diagnostic": diagnostic}, *more]
    recipients = "\n".join(RECIPIENT.format(**one) for one in told)
    report = FIRST.format(report="delivery-status") + DELIVERY.format(recipients=recipients)
    return _closed(report, letter, headers_only=headers_only)


def complaint(letter, *, kind="abuse"):
    """What a mailbox provider sends when its reader presses the button."""
    return _closed(FIRST.format(report="feedback-report") + FEEDBACK.format(kind=kind), letter)


def with_header(letter, name, value):
    """The letter with another value, or none, in one of its headers."""
    changed = message_from_bytes(letter)
    del changed[name]
    if value is not None:
        changed[name] = value
    return changed.as_bytes()


def _closed(report, letter, *, headers_only=False):
    kind = b"text/rfc822-headers" if headers_only else b"message/rfc822"
    returned = letter.replace(b"\r\n", b"\n")
    returned = returned.partition(b"\n\n")[0] + b"\n" if headers_only else returned
    last = b"--part/of/this\nContent-Type: " + kind + b"\n\n" + returned + b"\n--part/of/this--\n"
    return (report.encode(errors="surrogateescape") + last).replace(b"\n", b"\r\n")


def hostile(letter):
    """Mails that somebody made to break whoever reads them: by name."""
    good = bounce(letter)
    head = FIRST.format(report="delivery-status").encode()
    nested = b"".join(
        b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (depth, depth) for depth in range(3_000)
    )
    wrapped = b"Content-Type: message/rfc822\n\n" * 5_000
    quoted = b'Content-Type: multipart/report; boundary="' + b";" * 200_000 + b"\n\nx\n"
    folded = b"Content-Type: multipart/report;\n" + b' a="\n;' * 30_000 + b"\n\nx\n"
    return {
        "nothing": b"",
        "only line ends": b"\r\n" * 1_000,
        "noise": bytes(range(256)) * 500,
        "zeros": b"\0" * 5_000,
        "cut in the report": good[: good.index(b"Final-Recipient")],
        "cut in the letter": good[: good.index(b"Message-ID")],
        "no boundary": good.replace(b'boundary="part/of/this"', b""),
        "boundary never comes": good.replace(b"--part/of/this", b"--another"),
        "nested without end": nested,
        "a mail in a mail in a mail": wrapped,
        "quotes without end": quoted,
        "folded without end": folded,
        "ten thousand parts": head + b"--part/of/this\n\nx\n" * 10_000,
        "ten thousand headers": b"X: y\n" * 10_000 + b"\n",
        "one endless header": b"Message-ID: " + b"<" * 200_000 + b"\n\n",
        "encoded words without end": b"Subject: " + b"=?utf-8?q?x?= " * 10_000 + b"\n\n",
        "report as base64": good.replace(
            b"Content-Type: message/delivery-status",
            b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64",
        ).replace(b"Action: failed", b"QWN0aW9uOiBmYWlsZWQ="),
        "letter as base64": good.replace(
            b"Content-Type: message/rfc822", b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64"
        ).replace(b"X-Flowcard-Proof", b"X-Flowcard-Pr00f"),
        "report inside a letter": b"Subject: Fwd\nContent-Type: message/rfc822\n\n" + good,
        "bytes in the id": good.replace(b"Message-ID: <", b"Message-ID: <\xff\xe4"),
        "wrong kind of everything": good.replace(b"multipart/report", b"text/plain"),
    }
