"""The guard at real sockets: names that change, redirects, certificates, the last look."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ebbline.connectors import Failure, Request, Response
from ebbline.connectors.statuses import status_verdict
from ebbline.hosts.embedded.deliver import HttpTransport
from ebbline.hosts.embedded.deliver.guard import Guard
from tests.unit.delivery.lanes import LIMITS

QUICK = msgspec.structs.replace(LIMITS, timeout_ms=2_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Place:
    """A server that counts who connects and gives everybody the same bytes."""

    def __init__(self, answer=OK, host="127.0.0.1", port=0, tls=None):
        self.answer, self.host, self.port, self.tls = answer, host, port, tls
        self.connections = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.handle, self.host, self.port, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()
        await asyncio.sleep(0.01)

    async def handle(self, reader, writer):
        self.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Names:
    """A resolver whose answers change; the last one stays."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host, port):
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def ask(transport, url, method="POST"):
    return await transport.send(Request(method, url, (), b"{}"), QUICK)


def forget_names(transport):
    for session in transport._sessions.values():
        session.connector.clear_dns_cache()


async def test_a_name_that_changes_its_address_leads_to_the_vetted_one_or_nowhere():
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with Place() as vetted, Place(host="127.0.0.2", port=vetted.port) as other:
        transport = HttpTransport(Guard(["127.0.0.1"]), names)
        url = f"http://rebound.example:{vetted.port}/x"
        assert (await ask(transport, url)).status == 200
        assert (names.asked, vetted.connections) == (1, 1)
        forget_names(transport)
        refused = await ask(transport, url)
        assert refused.kind == "unsent"
        assert "rebound.example has the address 127.0.0.2, a loopback address" in refused.reason
        assert (names.asked, vetted.connections, other.connections) == (2, 1, 0)
        await transport.close()


async def test_between_the_look_and_the_connection_nobody_looks_again():
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with Place() as vetted, Place(host="127.0.0.2", port=vetted.port) as other:
        transport = HttpTransport(Guard(["127.0.0.1"]), names)
        url = f"http://rebound.example:{vetted.port}/x"
        answers = await asyncio.gather(*(ask(transport, url) for _ in range(20)))
        assert {answer.status for answer in answers} == {200}
        assert (names.asked, vetted.connections, other.connections) == (1, 20, 0)
        await transport.close()


async def test_one_bad_address_of_several_and_none_is_connected_to():
    async with Place() as vetted, Place(host="127.0.0.2", port=vetted.port) as other:
        transport = HttpTransport(Guard(["127.0.0.1"]), Names(["127.0.0.1", "127.0.0.2"]))
        refused = await ask(transport, f"http://mixed.example:{vetted.port}/x")
        assert refused.reason.startswith("refused address: mixed.example has the address 127.0.0.2")
        assert (vetted.connections, other.connections) == (0, 0)
        await transport.close()


async def test_a_listed_name_is_connected_to_wherever_it_is():
    async with Place(host="127.0.0.2") as place:
        names = Names(["127.0.0.2", "127.0.0.2"])
        transport = HttpTransport(Guard([f"hooks.corp.internal:{place.port}"]), names)
        assert (await ask(transport, f"http://hooks.corp.internal:{place.port}/")).status == 200
        assert (await ask(transport, f"http://127.0.0.2:{place.port}/")).kind == "unsent"
        assert place.connections == 1
        await transport.close()


async def test_a_name_without_addresses_is_no_crash():
    transport = HttpTransport(lookup=Names([]))
    failure = await ask(transport, "https://nobody.example/")
    assert failure.kind == "unsent"
    assert "nobody.example has no address" in failure.reason
    await transport.close()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://127.0.0.1:{}/", "//127.0.0.1:{}/x", "http://localhost:{}/"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_redirect_is_not_followed(status, to, method):
    async with Place() as inner:
        head = f"HTTP/1.1 {status} Look there\r\nLocation: {to.format(inner.port)}\r\n"
        more = f"Refresh: 0; url={to.format(inner.port)}\r\nContent-Length: 0\r\n\r\n"
        async with Place((head + more).encode()) as outer:
            transport = HttpTransport(Guard(["127.0.0.1"]))  # even where it would be allowed
            answer = await ask(transport, f"http://127.0.0.1:{outer.port}/x", method)
            await transport.close()
        assert isinstance(answer, Response)
        assert status_verdict(answer.status) == "misconfigured"
        assert (outer.connections, inner.connections) == (1, 0)


class Careless(Guard):
    """A guard that overlooks what is in a URL, as if its text had been read wrongly."""

    def check(self, url):
        return msgspec.structs.replace(super().check("https://example.org/"), scheme=url[:4])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_the_last_look_is_at_the_address_itself(host):
    async with Place() as place:
        transport = HttpTransport(Careless(), Names(["127.0.0.1"]))
        failure = await ask(transport, f"http://{host}:{place.port}/")
        assert isinstance(failure, Failure)
        assert (failure.kind, place.connections) == ("unsent", 0)
        assert "refused address: " in failure.reason
        await transport.close()


async def test_what_a_listed_name_has_is_allowed_at_its_own_port_only():
    async with Place() as place, Place() as other:
        guard = Careless([f"hooks.corp.internal:{place.port}"])
        transport = HttpTransport(guard, Names(["127.0.0.1"]))
        assert (await ask(transport, f"http://hooks.corp.internal:{place.port}/")).status == 200
        assert "refused address" in (await ask(transport, f"http://127.0.0.1:{other.port}/")).reason
        assert (place.connections, other.connections) == (1, 0)
        await transport.close()


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    async with Place() as proxy, Place() as place:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        transport = HttpTransport(Guard(["127.0.0.1"]))
        assert (await ask(transport, f"http://127.0.0.1:{place.port}/")).status == 200
        assert (proxy.connections, place.connections) == (0, 1)
        await transport.close()


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A server's certificate for hooks.example, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("hooks.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return tls, folder / "cert.pem"


@pytest.mark.parametrize(
    ("host", "trusted", "says"),
    [
        ("hooks.example", True, ""),
        ("hooks.example", False, "self-signed certificate"),
        ("other.example", True, "not valid for 'other.example'"),
        ("127.0.0.1", True, "not valid for '127.0.0.1'"),
    ],
)
async def test_certificates_are_checked_for_listed_places_too(
    monkeypatch, certified, host, trusted, says
):
    tls, file = certified
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with Place(tls=tls) as place:
        transport = HttpTransport(Guard([host, "127.0.0.1"]), Names(["127.0.0.1"]))
        answer = await ask(transport, f"https://{host}:{place.port}/")
        if says:
            assert answer.kind == "unsent"
            assert says in answer.reason
        else:
            assert (answer.status, answer.body) == (200, b"ok")
            (session,) = transport._sessions.values()
            assert session.connector._ssl.minimum_version == ssl.TLSVersion.TLSv1_2
        await transport.close()
