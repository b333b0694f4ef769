"""Handing notices to webhooks and mail servers.

A webhook gets Standard Webhooks, signed when a secret is named; `text` beside the data makes the
same body readable to chat tools. Mail goes through the standard library in a thread, encrypted
wherever the server offers it, and never with a password in the clear.
"""

from __future__ import annotations

import asyncio
import os
import smtplib
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

import msgspec

from ebbline.connectors import Request, Response
from ebbline.connectors.addresses import Target
from ebbline.connectors.instants import iso
from ebbline.connectors.webhook.signing import sign
from ebbline.definitions.plan import AlertDef
from ebbline.delivery import Limits
from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.guard import Guard, RequestRefused
from ebbline.hosts.embedded.deliver.objectives.limits import (
    NOTICE_ANSWER_BYTES_MAX,
    NOTICE_TIMEOUT_MS,
)
from ebbline.hosts.embedded.deliver.objectives.notices import Message
from ebbline.hosts.embedded.deliver.transport import Transport
from ebbline.hosts.embedded.secrets.hiding import mask
from ebbline.hosts.embedded.secrets.references import HERE, Places, resolve

LIMITS = Limits(1, "people", 1 << 20, 1, 1_000, 1, NOTICE_TIMEOUT_MS, NOTICE_TIMEOUT_MS,
                response_bytes_max=NOTICE_ANSWER_BYTES_MAX)  # fmt: skip

_REFERENCES = ("env:", "file:", "store:")
_SUBMISSION, _SMTPS, _WEB = 587, 465, 443  # ports of RFC 6409, RFC 8314, and of https
_TLS_FROM_THE_START = "smtps"


async def hand_over(
    alert: AlertDef,
    message: Message,
    transport: Transport,
    guard: Guard,
    now_ms: int,
    environ: Mapping[str, str] = os.environ,
    places: Places = HERE,
) -> str:
    """Give a message to a receiver: "" when it was taken, else why not, beginning with "!" when
    another try cannot help. No secret is in it."""
    written = (alert.webhook, alert.secret, alert.password)
    try:
        secrets = [_follow(each, environ, places) for each in written]
    except SetupError as error:
        return str(error)
    url, secret, password = secrets
    if alert.webhook:
        why = await _post(url, secret, message, transport, now_ms)
    else:
        why = await asyncio.to_thread(_mail, alert, password, message, guard)
    hidden = [found for found, text in zip(secrets, written, strict=True) if found != text]
    return mask(why, tuple(hidden))


def webhook_request(url: str, secret: str, message: Message, now_ms: int) -> Request:
    """The request of a message; the same message has the same id however often it is sent."""
    body = msgspec.json.encode(
        {
            "type": message.kind,
            "timestamp": iso(message.at_ms),
            "text": f"{message.subject}\n{message.text}",
            "data": message.data,
        }
    )
    stamp = now_ms // 1000
    headers = [
        ("Content-Type", "application/json"),
        ("webhook-id", message.id),
        ("webhook-timestamp", str(stamp)),
    ]
    if secret:
        headers.append(("webhook-signature", sign(secret, message.id, stamp, body)))
    return Request("POST", url, tuple(headers), body)


def mail_of(alert: AlertDef, message: Message) -> EmailMessage:
    """The message as mail; its Message-ID follows from its id, so a repeat can be told."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = alert.sender or alert.email
    mail["To"] = alert.email
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at_ms / 1000, UTC))
    mail["Message-ID"] = f"<{message.id}@ebbline.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text + "\n")
    return mail


async def _post(url: str, secret: str, message: Message, transport: Transport, now_ms: int) -> str:
    result = await transport.send(webhook_request(url, secret, message, now_ms), LIMITS)
    if not isinstance(result, Response):
        return result.reason
    if 200 <= result.status < 300:
        return ""
    mendable = result.status >= 500 or result.status in (408, 425, 429)
    return f"{'' if mendable else '!'}the webhook answered {result.status}"


def _mail(alert: AlertDef, password: str, message: Message, guard: Guard) -> str:
    """Hand mail to the server, in a thread of its own."""
    try:
        with _session(alert.smtp, guard) as session:
            encrypted = isinstance(session, smtplib.SMTP_SSL)
            session.ehlo()
            if not encrypted and session.has_extn("starttls"):
                session.starttls(context=ssl.create_default_context())
                session.ehlo()
                encrypted = True
            if password and not encrypted:
                return "!the mail server offers no encryption, so no password is sent to it"
            if password:
                user = alert.smtp.partition("://")[2].rpartition("@")[0]
                session.login(user or alert.sender or alert.email, password)
            session.send_message(mail_of(alert, message))
    except RequestRefused as refused:
        return f"!{refused}"
    except smtplib.SMTPRecipientsRefused as error:
        return _refusal(max(code for code, _ in error.recipients.values()), "the receiver")
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, "the message or its sender")
    except (smtplib.SMTPException, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _refusal(code: int, what: str) -> str:
    """A reply of 500 and more is final (RFC 5321, section 4.2.1)."""
    return f"{'!' if code >= 500 else ''}the mail server refused {what} with {code}"


def _session(url: str, guard: Guard) -> smtplib.SMTP:
    """A session with a mail server whose addresses the guard has seen: one of those is
    connected to, whatever the name means a moment later."""
    server = urlsplit(url)
    host, at_once = server.hostname or "", server.scheme == _TLS_FROM_THE_START
    port = server.port or (_SMTPS if at_once else _SUBMISSION)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    # The guard's rule about ports is for the web; of a mail server it judges where it is.
    guard.vet(Target("https", host, _WEB), addresses)
    kind = _VettedTls if at_once else _Vetted
    return kind(addresses[0], host, port)


class _Vetted(smtplib.SMTP):
    """A session over one address; the name is what its certificate has to show."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, socket.gethostname(), NOTICE_TIMEOUT_MS / 1000)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host
        return socket.create_connection((self._address, port), timeout)


class _VettedTls(smtplib.SMTP_SSL):
    """The same, encrypted from the start."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, socket.gethostname(), timeout=NOTICE_TIMEOUT_MS / 1000,
                         context=ssl.create_default_context())  # fmt: skip

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self._address, port), timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def _follow(written: str, environ: Mapping[str, str], places: Places) -> str:
    return resolve(written, environ, places) if written.startswith(_REFERENCES) else written
