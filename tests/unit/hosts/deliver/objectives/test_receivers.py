"""Handing notices over: mail to real SMTP servers, webhooks over real HTTP, and their refusals."""

from __future__ import annotations

import email
import email.policy
import ssl
import subprocess

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from ebbline.connectors.webhook.signing import is_genuine
from ebbline.definitions.plan import AlertDef
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.objectives import receivers
from ebbline.hosts.embedded.deliver.objectives.notices import Message, receiver_of
from ebbline.hosts.embedded.deliver.objectives.receivers import hand_over, webhook_request
from ebbline.hosts.embedded.deliver.transport import HttpTransport

NOW_MS = 1_767_225_600_000
MESSAGE = Message("msg_abc", "slo.firing", NOW_MS, "[ebbline] ALERT: über alles", "It burns.",
                  {"rule": "fast"})  # fmt: skip
HERE = Guard(["127.0.0.1", "localhost"])
SECRET = "whsec_" + "A" * 32


class Mailbox:
    """What a mail server got; `reply` is what it says to a message, `refuse` to a receiver."""

    def __init__(self):
        self.mails, self.reply, self.refuse, self.logins = [], "250 OK", "", []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope, parsed, session.ssl is not None))
        return self.reply

    def log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"pass-word", handled=False)


@pytest.fixture
def serve():
    """Starts mail servers on free local ports."""
    running = []

    def start(mailbox, **options):
        controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for controller in running:
        controller.stop()


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
         folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def server_tls(certificate, monkeypatch):
    """A server's context, whose certificate the client's trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def hand(alert, guard=HERE, environ=None):
    transport = HttpTransport(guard)
    try:
        return await hand_over(alert, MESSAGE, transport, guard, NOW_MS, environ or {})
    finally:
        await transport.close()


async def test_mail_arrives_as_it_was_meant(serve):
    mailbox = Mailbox()
    port = serve(mailbox)
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://127.0.0.1:{port}",
                     sender="ebbline@example.com")  # fmt: skip
    assert await hand(alert) == ""
    ((envelope, mail, _),) = mailbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("ebbline@example.com", ["ops@example.com"])
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == "<msg_abc@ebbline.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.timestamp() * 1000 == NOW_MS
    assert mail.get_content().strip() == "It burns."


async def test_a_password_is_sent_only_once_the_line_is_encrypted(serve, server_tls):
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=server_tls, authenticator=mailbox.log_in)
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://ana@localhost:{port}",
                     password="env:PASSWORD")  # fmt: skip
    assert await hand(alert, environ={"PASSWORD": "pass-word"}) == ""
    assert mailbox.logins == [(b"ana", b"pass-word")]
    assert mailbox.mails[0][2]


async def test_a_wrong_password_ends_the_tries_and_is_not_repeated(serve, server_tls):
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=server_tls, authenticator=mailbox.log_in)
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://ana@localhost:{port}",
                     password="env:PASSWORD")  # fmt: skip
    error = await hand(alert, environ={"PASSWORD": "wrong-word"})
    assert error.startswith("!")
    assert "535" in error
    assert "wrong-word" not in error


async def test_no_password_goes_over_an_open_line(serve):
    mailbox = Mailbox()
    port = serve(mailbox)
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://ana@127.0.0.1:{port}",
                     password="env:PASSWORD")  # fmt: skip
    error = await hand(alert, environ={"PASSWORD": "pass-word"})
    assert error == "!the mail server offers no encryption, so no password is sent to it"
    assert (mailbox.mails, mailbox.logins) == ([], [])


async def test_a_certificate_of_somebody_else_ends_it(serve, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    mailbox = Mailbox()
    port = serve(mailbox, tls_context=context)
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://localhost:{port}")
    assert "CERTIFICATE_VERIFY_FAILED" in await hand(alert)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("refuse", "reply", "final"),
    [("550 no such user", "", True), ("450 greylisted", "", False),
     ("", "554 no", True), ("", "451 later", False)],
)  # fmt: skip
async def test_what_a_mail_server_says_decides_about_another_try(serve, refuse, reply, final):
    mailbox = Mailbox()
    mailbox.refuse, mailbox.reply = refuse, reply
    port = serve(mailbox)
    error = await hand(AlertDef(email="ops@example.com", smtp=f"smtp://127.0.0.1:{port}"))
    assert error.startswith("!") is final
    assert (refuse or reply)[:3] in error


async def test_a_mail_server_on_this_machine_has_to_be_allowed(serve):
    port = serve(Mailbox())
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://127.0.0.1:{port}")
    assert "loopback" in await hand(alert, Guard())


async def test_nobody_there_is_tried_again():
    alert = AlertDef(email="ops@example.com", smtp=f"smtp://127.0.0.1:{free_port()}")
    error = await hand(alert)
    assert "ConnectionRefusedError" in error
    assert not error.startswith("!")


async def test_a_webhook_gets_a_message_it_can_check():
    got = []

    async def take(request):
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    alert = AlertDef(webhook=f"http://127.0.0.1:{site._port}/hook", secret="env:S")
    assert await hand(alert, environ={"S": SECRET}) == ""
    await runner.cleanup()
    ((headers, body),) = got
    assert is_genuine(SECRET, {k.lower(): v for k, v in headers.items()}, body, NOW_MS // 1000)
    assert b'"type":"slo.firing"' in body


async def test_a_missing_secret_is_said_and_nothing_leaves():
    error = await hand(AlertDef(webhook="https://example.com/hook", secret="env:NOT_THERE"))
    assert "NOT_THERE" in error


def test_a_message_without_a_secret_is_not_signed():
    request = webhook_request("https://example.com", "", MESSAGE, NOW_MS)
    assert "webhook-signature" not in dict(request.headers)
    assert dict(request.headers)["webhook-id"] == "msg_abc"


def test_a_receivers_name_tells_receivers_apart_and_holds_no_address():
    one, two = AlertDef(webhook="https://a.example/x"), AlertDef(webhook="https://b.example/x")
    assert receiver_of(one) != receiver_of(two)
    assert "example" not in receiver_of(one)
    assert receivers.LIMITS.timeout_ms == 20_000
