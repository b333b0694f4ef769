"""The connector of the how-to is written down, registered, checked and driven as the page says."""

from __future__ import annotations

import importlib
import re
import sys

import pytest

from ebbline.connectors import CONNECTORS, Failure, Response, Setup, check, connector_of
from ebbline.delivery import Address, Feed, Item, Send, Value
from tests.docs.snippets import ROOT
from tests.golden.connectors.test_golden import outcome
from tests.unit.connectors.driving import Drive

PAGE = ROOT / "docs/how-to/write-a-connector.md"
NAMED = re.compile(r"`(chime/\w+\.py)`:\n\n```py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def chime(tmp_path_factory):
    """The package, written to a folder as a reader would."""
    folder = tmp_path_factory.mktemp("how-to")
    found = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert [name for name, _ in found] == [
        "chime/__init__.py",
        "chime/sandbox.py",
        "chime/agreeing.py",
    ]
    for name, text in found:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        made = importlib.import_module("chime")
        patch.setitem(CONNECTORS, "chime", made.CHIME)
        importlib.import_module("chime.sandbox")
        importlib.import_module("chime.agreeing")
        yield made
        for name in [name for name in sys.modules if name.split(".")[0] == "chime"]:
            del sys.modules[name]


def account(chime, key="k", labels=("vip", "churn")):
    return chime.sandbox.Account(key, set(labels))


def test_the_sandbox_ends_as_the_page_says(chime):
    users, lane = chime.agreeing.agree(account(chime))
    held = {user: sorted(label for label, on in labels.items() if on)
            for user, labels in users.items()}  # fmt: skip
    assert {user: labels for user, labels in held.items() if labels} == {
        "u1": ["churn"],
        "u2": ["churn", "vip"],
        "u3": ["vip"],
    }
    dead = [cell.dead for person in lane.people.values() for cell in person.cells.values()]
    assert [reason for reason in dead if reason] == ["unknown label"]


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_whatever_goes_wrong(chime, seed):
    feeds = [Feed(name, "audience", f"audience:{name}") for name in ("vip", "churn")]
    place = account(chime)
    settings = chime.CHIME.read_settings({"key": "k"})
    drive = Drive(chime.CHIME, settings, feeds, place.answer, seed=seed, kind="user")
    for number in range(60):
        drive.change(number % 7, feeds[number % 2], number % 3 != 0)
    drive.settle_all()
    for (person, label), on in drive.wanted.items():
        assert place.users.get(person, {}).get(label, False) is on


def test_a_wrong_key_closes_it_and_a_full_window_slows_it_down(chime):
    settings = chime.CHIME.read_settings({"key": "k"})
    drive = Drive(chime.CHIME, settings, [Feed("vip", "audience", "audience:vip")],
                  account(chime, key="other").answer)  # fmt: skip
    drive.change(0, Feed("vip", "audience", "audience:vip"), True)
    for _ in range(3):
        drive.now_ms += 100
        drive._work()
    assert drive.lane.breaker.state != "closed"
    assert "401 wrong key" in drive.lane.breaker.reason
    place = account(chime)
    request = drive.requests[0]
    statuses = [place.answer(request, 500).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert place.answer(request, 500).headers == {"retry-after": "1"}


def test_the_golden_cases_on_the_page_are_true(chime):
    (text,) = re.findall(r"^   ```\n(.*?)^   ```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    first, second = re.sub(r"^   ", "", text, flags=re.MULTILINE).strip().split("\n\n")
    assert '{"labels":[{"user":"ana","label":"vip","on":true}]}' in outcome(first)
    assert outcome(second).endswith("\n=\n0 refused unknown label")


def test_it_is_checked_like_any_other(chime):
    assert check("chime", {"key": "env:CHIME_KEY"}) == ()
    (problem,) = check("chime", {"key": "literal"})
    assert "must name a secret" in problem.message
    (problem,) = check("chime", {"key": "env:K", "url": "ftp://x"})
    assert problem.where == "url"
    assert connector_of("chime") is chime.CHIME


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (Response(200, {}, b"<html>"), "retry"),
        (Response(200, {}, b'{"failed":[{"index":"x"}]}'), "retry"),
        (Response(200, {}, b'{"failed":[]}'), "done"),
        (Response(504, {}, b""), "unknown"),
        (Response(403, {}, b""), "misconfigured"),
        (Failure("timeout", "no answer"), "unknown"),
        (Failure("unsent", "no connection"), "unsent"),
    ],
)
def test_every_answer_has_its_meaning(chime, result, verdict):
    item = Item(Address("user", "ana"), (Value("vip", "audience", True, 1, 0, 0),))
    settings = chime.CHIME.read_settings({"key": "k"})
    reply = chime.CHIME.classify(Send(1, "shop", (item,), 0), result, Setup(settings), 0)
    assert [one.verdict for one in reply.outcomes] == [verdict]
