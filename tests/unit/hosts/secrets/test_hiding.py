"""No text that is kept holds a secret, in whatever form it came."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ebbline.hosts.embedded.secrets.hiding import mask

ODD = 's3"cr\\et/+é&key <A>'
PLAIN = "k7Qp2mZx9LwB4nRt"


def twice(text):
    return json.dumps(json.dumps(text))


def javascript(text):
    return quote(text, safe="~!*'()")


def lower(text):
    return quote(text, safe="").replace("%2F", "%2f").replace("%3C", "%3c").replace("%3E", "%3e")


FORMS = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON of JSON": twice,
    "JSON with its own letters": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON with a solidus escaped": lambda s: json.dumps(s).replace("/", "\\/"),
    "JSON for HTML": lambda s: json.dumps(s).replace("<", "\\u003c").replace(">", "\\u003e")
    .replace("&", "\\u0026"),
    "in an address": lambda s: quote(s, safe=""),
    "in an address with slashes": quote,
    "in a form": quote_plus,
    "by JavaScript": javascript,
    "in an address within an address": lambda s: quote(quote(s, safe=""), safe=""),
    "HTML": html.escape,
    "hexadecimal": lambda s: s.encode().hex(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "Basic with a user": lambda s: "Basic " + base64.b64encode(f"user:{s}".encode()).decode(),
    "Basic as the user": lambda s: "Basic " + base64.b64encode(f"{s}:".encode()).decode(),
    "base64 in JSON": lambda s: base64.b64encode(json.dumps({"k": PLAIN + s}).encode()).decode(),
}  # fmt: skip


@pytest.mark.parametrize("secret", [ODD, PLAIN, "whsec_" + "Zm9v" * 8, "Bearer tok-12345678"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_hidden(form, secret):
    written = FORMS[form](secret)
    for before, after in (("x ", " y"), ('{"error":"', '"}'), ("", "")):
        shown = mask(before + written + after, (secret, PLAIN))
        assert written not in shown
        inner = written.strip('"\\')
        assert inner[1:-1] not in shown
        assert "***" in shown


@given(st.text(min_size=8, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_gone_wherever_it_stands(secret, before, after):
    assume(secret not in before + "***" + after)
    for form in (str, json.dumps, twice, lambda s: quote(s, safe=""), quote_plus):
        written = form(secret)
        assert written not in mask(before + written + after, (secret,)) or written in "***"


@given(st.binary(max_size=20), st.text("abcdefXYZ0123+/=", min_size=9, max_size=40),
       st.binary(max_size=20))  # fmt: skip
def test_base64_of_anything_around_a_secret_is_hidden(before, secret, after):
    whole = base64.b64encode(before + secret.encode() + after).decode()
    assert mask(f"<{whole}>", (secret,)) == "<***>"


@given(st.text())
def test_a_text_without_secrets_stays_as_it_is(text):
    assume("=" not in text)
    assume('"' not in text)
    assert mask(text, ("a-secret-that-is-not-there",)) == text


@given(st.integers(4, 39))
def test_a_secret_that_was_cut_off_is_hidden(length):
    secret = "Q7f9Kx2LmZ8pRt4VwYb6Nc3Hd5Jg1SaTuEoPiWr0"
    assert secret[:length] not in mask(f"401 the key {secret[:length]}", (secret,))
    if length >= 12:
        assert secret[:length] not in mask(f"the key {secret[:length]}... is none", (secret,))


def test_parts_of_a_secret_are_secrets():
    assert mask("got tok-12345678", ("Bearer tok-12345678",)) == "got ***"
    bare = "Zm9vYmFyYmF6cXV4" * 2
    assert mask(f"key {bare}", (f"whsec_{bare}",)) == "key ***"
    lines = ["-----BEGIN KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQ", "AoIBAQC7VJTUt9Us8cKjMzEf"]
    pem = "\n".join(lines)
    assert "AoIBAQC7" not in mask("line 2: AoIBAQC7VJTUt9Us8cKjMzEf", (pem,))


def test_short_texts_are_no_secrets():
    assert mask("abc is everywhere: abc", ("abc",)) == "abc is everywhere: abc"


def test_of_two_secrets_the_longer_is_hidden_whole():
    assert mask("x longer-secret-2 y", ("longer-secret", "longer-secret-2")) == "x *** y"


UNKNOWN = {
    "https://x.org/v1?user=ana&token=abc#top": "https://x.org/v1?user=ana&token=***#top",
    "https://x.org/?key=abc": "https://x.org/?key=***",
    "https://x.org/?access_token=a%20b&x=1": "https://x.org/?access_token=***&x=1",
    "https://x.org/?X-Amz-Signature=0f&x=1": "https://x.org/?X-Amz-Signature=***&x=1",
    "https://x.org/?api-key=1&hapikey=2": "https://x.org/?api-key=***&hapikey=***",
    '{"body":"client_secret=abc&scope=all"}': '{"body":"client_secret=***&scope=all"}',
    '{"access_token": "abc", "expires_in": 3599}': '{"access_token": "***", "expires_in": 3599}',
    '{"body":"{\\"refresh_token\\":\\"abc\\",\\"x\\":1}"}':
        '{"body":"{\\"refresh_token\\":\\"***\\",\\"x\\":1}"}',
    "Authorization: Bearer eyJhbGci.eyJz.Sfl": "Authorization: Bearer ***",
    "Authorization: Basic dXNlcjpwYXNz": "Authorization: Basic ***",
}  # fmt: skip


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_secret_is_known_by_its_place(text):
    assert mask(text, ()) == UNKNOWN[text]
    assert mask(text, ("some-known-secret",)) == UNKNOWN[text]


@pytest.mark.parametrize("text", [
    "https://x.org/?monkey=abc&keyboard=1&tokens=3",
    "401 Basic authentication required",
    '{"keys": "a", "tokens": 12, "token_type": "bearer"}',
    "key = 5 and token: none",
])  # fmt: skip
def test_what_only_sounds_like_a_secret_stays(text):
    assert mask(text, ()) == text
