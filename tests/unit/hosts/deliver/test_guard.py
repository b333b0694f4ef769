"""The guard by itself: every form of a forbidden address, every public one, what is allowed."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ebbline.connectors.addresses import Target, address_kind, read_target, url_problem
from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.guard import Guard, RequestRefused

FORBIDDEN_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
FORBIDDEN_V6 = [
    "::/96", "fe80::/10", "fec0::/10", "fc00::/7", "ff00::/8", "100::/64", "2001::/32",
    "2001:2::/48", "2001:db8::/32", "2002::/16", "3fff::/20", "64:ff9b:1::/48", "4000::/2",
]  # fmt: skip


def within(networks):
    """Addresses of these networks, their first and last ones among them."""
    spans = [(int(net[0]), int(net[-1])) for net in map(ipaddress.ip_network, networks)]
    kind = type(ipaddress.ip_network(networks[0])[0])
    return st.sampled_from(spans).flatmap(lambda span: st.integers(*span)).map(kind)


forbidden_v4 = within(FORBIDDEN_V4)
forbidden_v6 = within(FORBIDDEN_V6)
a_v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
a_v6 = st.integers(0, 2**128 - 1).map(IPv6Address)


@st.composite
def written_v4(draw, address):
    """An IPv4 address in any form that some program reads: 4 to 1 parts, three bases."""
    number, parts = int(address), draw(st.integers(1, 4))
    values = [number >> (24 - 8 * place) & 0xFF for place in range(parts - 1)]
    values.append(number & (1 << 8 * (5 - parts)) - 1)
    bases = [draw(st.sampled_from(["{}", "0x{:x}", "0X{:X}", "0{:o}", "0{}"])) for _ in values]
    text = ".".join(base.format(value) for base, value in zip(bases, values, strict=True))
    return text + draw(st.sampled_from(["", "", "."]))


@st.composite
def written_v6(draw, address):
    """An IPv6 address as text: short, long, in capitals, its end as IPv4, with a zone."""
    low = int(address) & 0xFFFF_FFFF
    dotted = ":".join(address.exploded.split(":")[:6]) + f":{IPv4Address(low)}"
    text = draw(st.sampled_from([address.compressed, address.exploded, dotted]))
    text = draw(st.sampled_from([text, text.upper()]))
    return f"[{text}{draw(st.sampled_from(['', '', '%1', '%25eth0']))}]"


@st.composite
def carried(draw, inner):
    """An IPv6 address that stands for an IPv4 address, as text."""
    number = int(inner)
    made = draw(
        st.sampled_from(
            [
                0xFFFF << 32 | number,
                0x64_FF9B << 96 | number,
                0x2002 << 112 | number << 80,
                number,
                0x2001 << 112 | number << 64 | 0xFFFF_FFFF ^ number,
                0x2606_4700 << 96 | 0x5EFE << 32 | number,
            ]
        )
    )
    return draw(written_v6(IPv6Address(made)))


hosts = st.one_of(
    forbidden_v4.flatmap(written_v4),
    forbidden_v6.flatmap(written_v6),
    forbidden_v4.flatmap(carried),
)
schemes = st.sampled_from(["https", "HTTPS", "http"])


def refusal(url, allow=()):
    with pytest.raises(RequestRefused) as caught:
        Guard(allow).check(url)
    return str(caught.value)


@given(schemes, hosts, st.sampled_from(["", ":443", ":8443"]), st.sampled_from(["", "/", "/a?b"]))
def test_no_form_of_a_forbidden_address_passes(scheme, host, port, rest):
    assert refusal(f"{scheme}://{host}{port}{rest}")


@given(st.one_of(forbidden_v4, forbidden_v6), st.lists(a_v4), st.sampled_from(["https", "http"]))
def test_one_forbidden_address_of_a_name_is_enough(address, others, scheme):
    answers = [*(str(other) for other in others if not address_kind(other)), str(address)]
    with pytest.raises(RequestRefused):
        Guard().vet(Target(scheme, "hooks.example", 443), answers)


@given(st.one_of(a_v4, a_v6, forbidden_v4, forbidden_v6))
def test_what_the_standard_library_does_not_call_global_is_forbidden(address):
    if not address.is_global or address.is_multicast:
        mapped = address.version == 6 and address.ipv4_mapped
        assert address_kind(address) or (mapped and mapped.is_global)


def all_but(networks):
    """The networks that remain of all of IPv4."""
    left = [ipaddress.ip_network("0.0.0.0/0")]
    for taken in map(ipaddress.ip_network, networks):
        (around,) = [network for network in left if taken.subnet_of(network)]
        left.remove(around)
        left += around.address_exclude(taken)
    return left


@given(within(all_but([*FORBIDDEN_V4, "192.88.99.0/24", "168.63.129.16/32"])))
def test_a_public_ipv4_address_passes(address):
    url = f"https://{address}/"
    assert Guard().check(url) == Target("https", str(address), 443)
    Guard().vet(Target("https", "hooks.example", 443), [str(address)])


@given(within(["2400::/12", "2600::/12", "2800::/12", "2a00::/12", "2c00::/12", "2001:200::/23"]))
def test_a_public_ipv6_address_passes(address):
    assume(int(address) >> 32 & 0xFDFF_FFFF != 0x5EFE)
    assert Guard().check(f"https://[{address.exploded}]/").address == address
    Guard().vet(Target("https", "hooks.example", 443), [str(address)])


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_target_or_a_sentence(front, back):
    for url in (front, f"https://{front}", f"https://{front}/{back}", f"https://[{front}]:{back}"):
        found = read_target(url)
        if isinstance(found, str):
            assert found.endswith("."), found
        else:
            assert read_target(f"{found.scheme}://{found}") == found


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8070/x"),
        ("127.0.0.1:8070", "http://127.0.0.1:8070/x"),
        ("127.0.0.0/8", "http://127.1.2.3/x"),
        ("127.0.0.1", "http://[::ffff:127.0.0.1]/x"),
        ("::1", "http://[::1]:8070/x"),
        ("[::1]:8070", "http://[::1]:8070/x"),
        ("fd00::/8", "https://[fd00::7]/"),
        ("localhost", "http://localhost:8070/x"),
        ("hooks.corp.internal:8443", "http://hooks.corp.internal:8443/"),
        ("Hooks.Example", "http://hooks.example/"),
        ("10.0.0.5:6379", "http://10.0.0.5:6379/"),
        ("169.254.169.254", "http://169.254.169.254/"),
        ("169.254.169.254/32", "http://169.254.169.254/"),
        ("10.1.0.0/16, 127.0.0.1 ,localhost", "http://127.0.0.1/"),
    ],
)
def test_the_operator_allows_exactly_what_is_listed(allow, url):
    assert "EBBLINE_ALLOW_OUTBOUND" in refusal(url)
    Guard.from_environ({"EBBLINE_ALLOW_OUTBOUND": allow}).check(url)


@pytest.mark.parametrize(
    ("allow", "url", "says"),
    [
        ("127.0.0.1:8070", "http://127.0.0.1:8071/", "loopback"),
        ("127.0.0.1", "https://127.0.0.2/", "loopback"),
        ("127.0.0.1", "http://localhost/", "list localhost:80 in EBBLINE_ALLOW_OUTBOUND"),
        ("10.0.0.0/16", "https://10.1.0.0/", "private"),
        ("10.0.0.0/8", "http://10.0.0.5:6379/", "6379 is a port of other services"),
        ("hooks.example", "http://hooks.example:22/", "22 is a port of other services"),
        ("hooks.example", "http://other.example/", "use https"),
        ("example", "http://hooks.example/", "use https"),
        ("0.0.0.0/0", "http://169.254.169.254/", "list 169.254.169.254:80"),
        ("100.64.0.0/10", "https://100.100.100.200/", "credentials"),
        ("0.0.0.0/0,::/0,localhost", "http://key@localhost/", "user name"),
        ("0.0.0.0/0,::/0", "http://2130706433/", "odd form"),
        ("0.0.0.0/0,::/0", "file:///etc/passwd", "no scheme of the web"),
        ("", "http://127.0.0.1:8070/", "list 127.0.0.1:8070 in EBBLINE_ALLOW_OUTBOUND"),
        ("", "http://[::1]:8070/", "list [::1]:8070 in EBBLINE_ALLOW_OUTBOUND"),
    ],
)
def test_and_nothing_beside_it(allow, url, says):
    assert says in refusal(url, [entry for entry in allow.split(",") if entry])


def test_a_listed_name_may_be_anywhere_but_where_a_cloud_keeps_credentials():
    guard, target = Guard(["hooks.corp.internal"]), Target("http", "hooks.corp.internal", 80)
    guard.vet(target, ["10.1.2.3", "fd00::3"])
    with pytest.raises(RequestRefused, match=r"list 169\.254\.169\.254:80"):
        guard.vet(target, ["169.254.169.254"])


def test_a_listed_network_holds_the_addresses_of_names_as_well():
    guard, target = Guard(["10.20.0.0/16"]), Target("http", "hooks.example", 80)
    assert guard.check("http://hooks.example/") == target
    guard.vet(target, ["10.20.1.2", "::ffff:10.20.1.3"])
    for answers in (["10.20.1.2", "10.21.0.1"], ["93.184.215.14"]):
        with pytest.raises(RequestRefused):
            guard.vet(target, answers)


@pytest.mark.parametrize(
    "target", [("smtp", "mail.example", 25), ("postgresql", "db.example", 5432)]
)
def test_of_other_protocols_the_place_is_judged_and_not_the_port(target):
    Guard().vet(Target(*target), ["93.184.215.14"])
    with pytest.raises(RequestRefused, match="private"):
        Guard().vet(Target(*target), ["10.0.0.5"])
    Guard([f"{target[1]}:{target[2]}"]).vet(Target(*target), ["10.0.0.5"])


@pytest.mark.parametrize(
    "entry",
    ["10.20.0.5/16", "10.0.0.0/33", "http://x.example", "a b", "x.example:", "x.example:0", "127.1",
     "key@x.example", "*.example", "x.example?", "10.0.0.0/8:443", "2130706433"],
)  # fmt: skip
def test_an_entry_that_means_nothing_is_named(entry):
    with pytest.raises(SetupError, match="EBBLINE_ALLOW_OUTBOUND has") as caught:
        Guard.from_environ({"EBBLINE_ALLOW_OUTBOUND": f"127.0.0.1,{entry}"})
    assert f'"{entry}"' in str(caught.value)


def test_an_unset_list_allows_nothing():
    for environ in ({}, {"EBBLINE_ALLOW_OUTBOUND": ""}, {"EBBLINE_ALLOW_OUTBOUND": " , "}):
        with pytest.raises(RequestRefused):
            Guard.from_environ(environ).check("http://127.0.0.1/")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://example.org", ""),
        ("http://example.org", "use https"),
        ("http://93.184.215.14", "use https"),
        ("http://127.0.0.1:8070", ""),
        ("http://[::1]:8070", ""),
        ("http://10.20.0.5", ""),
        ("http://hooks.corp.internal", ""),
        ("https://key@example.org", "user name"),
        ("https://2130706433", "odd form"),
        ("example.org", "no web address"),
    ],
)
def test_a_project_is_told_of_what_no_operator_can_allow(url, says):
    problem = url_problem(url)
    assert says in problem
    assert bool(problem) == bool(says)
