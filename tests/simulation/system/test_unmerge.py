"""Unmerge puts everything back: both people's traits and memberships, and what a vendor holds.

Each case plays twice: once with a call that wrongly makes two people one and an unmerge later,
once without that call. In the end people, audiences and the Braze sandbox are the same.
"""

from __future__ import annotations

import pytest

from ebbline.definitions import load_files
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.reading import Reader
from ebbline.profiles.commands import ClearOverride, Merge, Override, Unmerge
from ebbline.testing import START_MS, System, VirtualClock

PROJECT = {
    "ebbline.yml": b"""
name: twins
identity:
  identifiers:
    - {type: user_id, limit: 3}
    - {type: email, limit: 5}
    - {type: anonymous_id, limit: 100}
""",
    "traits/t.yml": b"""
traits:
  orders: {value: 'count("Order Completed")'}
  spent: {value: 'sum("Order Completed", revenue)'}
  city_known: {value: city}
  last_path: {value: 'last("Page Viewed", path, within="2h")'}
""",
    "audiences/a.yml": b"""
audiences:
  buyers: {when: 'orders >= 1', owner: o, review_by: 2100-01-01}
  loyal: {when: 'orders >= 2', owner: o, review_by: 2100-01-01}
  looking: {when: 'performed("Page Viewed", within="1h")', owner: o, review_by: 2100-01-01}
  quiet:
    {when: 'missed("Order Completed", after="Page Viewed", within="3h")', owner: o,
     review_by: 2100-01-01}
groups:
  stage: {priority: [loyal, buyers]}
""",
    "destinations/b.yml": b"""
destinations:
  braze:
    type: braze
    endpoint: https://rest.iad-01.braze.com
    key: env:BRAZE_KEY
    sync:
      - {audience: buyers}
      - {audience: loyal}
      - {audience: looking}
      - {audience: quiet}
      - {trait: orders}
      - {trait: spent}
      - {trait: city_known}
      - {trait: last_path}
""",
}


def track(user, event, **properties):
    return {"type": "track", "userId": user, "event": event, "properties": properties}


def order(user, revenue):
    return track(user, "Order Completed", revenue=revenue)


def page(user, path):
    return {"type": "page", "userId": user, "properties": {"path": path}}


def identify(user, **traits):
    return {"type": "identify", "userId": user, "traits": traits}


WRONG = {
    "shared email": [identify("ben", email="ana@x.com")],
    "alias": [{"type": "alias", "userId": "ana", "previousId": "ben", "messageId": "wrong"}],
}
BEFORE = [
    ("0s", [identify("ana", email="ana@x.com", city="Rome"), order("ana", 10)]),
    ("1h", [identify("ben", city="Oslo"), page("ben", "/b")]),
    ("1h", [order("ben", 5), page("ana", "/a")]),
]
MEANWHILE = [
    ("10m", [order("ana", 7)]),
    ("30m", [page("ben", "/ben"), identify("ben", city="Bergen")]),
    ("5h", [track("ana", "Other")]),
]
AFTER = [("30m", [page("ana", "/z")]), ("20m", [order("ben", 100)])]


def tell(system, command):
    """As the command line does."""
    offset = commands.append(system.folder, command, system.clock)
    return lambda: commands.outcome(system.folder, offset)


async def play(system, steps):
    for wait, calls in steps:
        await system.advance(wait)
        await system.send(*calls)
        await system.settle()


def braze(system):
    """Custom attributes by user; what is false is as good as not there."""
    users = system.sandboxes["braze"].vendor.views("users", {})["users"]
    return {
        user["external_id"]: {k: v for k, v in user["custom_attributes"].items() if v is not False}
        for user in users
        if "external_id" in user
    }


def people(system):
    """Traits, memberships and identifiers of both."""
    reader: Reader = system.reader
    found = {}
    for name in ("ana", "ben"):
        person = reader.person(reader.find(name))
        found[name] = (
            [(link.type, link.value) for link in person.identifiers],
            {trait.name: trait.value for trait in person.sent},
            person.computed,
            {(each.audience, each.effective) for each in person.memberships},
            person.wake_ms,
        )
    return found


async def apart():
    """The same without the wrong call."""
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, [*BEFORE, *MEANWHILE])
        await system.advance("1m")
        middle = people(system), braze(system)
        await play(system, AFTER)
        await system.advance("9d")
        return middle, (people(system), braze(system))


@pytest.mark.parametrize("wrong", sorted(WRONG))
async def test_unmerge_restores_traits_memberships_and_the_destination(wrong):
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        reader = system.reader
        await system.send(*WRONG[wrong])
        await system.settle()
        assert reader.find("ana") == reader.find("ben")
        await play(system, MEANWHILE)
        assert reader.person(reader.find("ben")).computed["orders"] == 3
        [merge] = reader.identity(reader.find("ana")).merges
        pair, _ = reader.named("ana")
        came = tell(system, Unmerge(id="undo", who="sue", person=pair, cause=merge.merging.cause))
        await system.settle()
        assert came() == "done"
        # At that very instant people are right; Braze is as soon as the requests are made.
        now_ms = system.clock.now_ms()
        undone = [told for told in system.ledger() if told.cause == "undo"]
        assert {told.at_ms for told in undone} == {now_ms}
        assert {told.kind for told in undone} >= {"unmerged", "entered", "exited", "trait"}
        await system.advance("1m")
        (then, at_braze), (late, late_at_braze) = await apart()
        assert without_mail(people(system)) == without_mail(then)
        assert braze(system) == at_braze
        [merge] = reader.identity(reader.find("ana")).merges
        assert merge.undone_by == "undo"
        await system.restart()
        # The wrong call comes again, as calls do: nobody is merged by it any more.
        await system.send(*[{**call, "messageId": "again"} for call in WRONG[wrong]])
        await system.settle()
        assert system.reader.find("ana") != system.reader.find("ben")
        await play(system, AFTER)
        await system.advance("9d")
        assert without_mail(people(system)) == without_mail(late)
        assert braze(system) == late_at_braze


def without_mail(found):
    """Ben said once that Ana's address is his: the sent trait is his, the identifier is not."""
    return {
        name: (links, {k: v for k, v in sent.items() if k != "email"}, *rest)
        for name, (links, sent, *rest) in found.items()
    }


async def test_a_merge_by_hand_and_back():
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        merged = tell(system, Merge(id="join", people=(("user_id", "ana"), ("user_id", "ben"))))
        await system.settle()
        assert merged() == "done"
        assert system.reader.find("ana") == system.reader.find("ben")
        assert [told.cause for told in system.ledger("loyal")] == ["join"]
        await play(system, MEANWHILE)
        came = tell(system, Unmerge(id="undo", person=("user_id", "ben"), cause="join"))
        await system.settle()
        assert came() == "done"
        await system.advance("1m")
        (then, at_braze), _ = await apart()
        assert people(system) == then
        assert braze(system) == at_braze


async def test_an_override_holds_until_its_instant_and_reaches_the_destination():
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        now_ms = system.clock.now_ms()
        ana = ("user_id", "ana")
        tell(system, Override(id="in", person=ana, audience="loyal", inside=True,
                              until_ms=now_ms + 3_600_000))  # fmt: skip
        tell(system, Override(id="out", person=ana, audience="buyers", inside=False))
        await system.advance("1m")
        assert system.members("loyal") == ["ana"]
        assert braze(system)["ana"]["loyal"] is True
        await system.restart()
        await system.advance("2h")
        assert system.members("loyal") == []
        last = system.ledger("loyal")[-1]
        assert (last.kind, last.at_ms, last.cause) == ("exited", now_ms + 3_600_000, None)
        assert "buyers" not in braze(system)["ana"]
        came = tell(system, ClearOverride(id="back", person=ana, audience="buyers"))
        await system.advance("1m")
        assert came() == "done"
        assert system.members("buyers") == ["ana", "ben"]
        assert braze(system)["ana"]["buyers"] is True


async def test_what_cannot_be_done_is_said_and_changes_nothing():
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        ana, ben = ("user_id", "ana"), ("user_id", "ben")
        before = system.ledger()
        came = [
            tell(system, Unmerge(id="1", person=ana, cause="nothing")),
            tell(system, Merge(id="2", people=(ana, ana))),
            tell(system, Merge(id="3", people=(ana, ("user_id", "zoe")))),
            tell(system, Override(id="4", person=ben, audience="unheard", inside=True)),
            tell(system, Unmerge(id="5", person=ana, leave=(ben,))),
            tell(system, Unmerge(id="6", person=ana)),
        ]
        await system.settle()
        assert [one() for one in came] == [
            "no merge that made this person was caused by nothing",
            "they are one person already",
            "nobody is known as user_id:zoe",
            "there is no audience unheard",
            "user_id:ben is not an identifier of this person",
            "no identifiers are named that would part from others",
        ]
        assert system.ledger() == before
        assert system.engine.fold.counts["commands_void"] == 6


async def test_commands_hold_under_another_plan():
    """A changed plan is built by folding the log again, commands included."""
    ana, ben = ("user_id", "ana"), ("user_id", "ben")
    audiences = PROJECT["audiences/a.yml"].replace(
        b"groups:", b"  rich: {when: 'spent > 16', owner: o, review_by: 2100-01-01}\ngroups:"
    )
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        await system.send(*WRONG["alias"])
        await play(system, MEANWHILE)
        tell(system, Unmerge(id="undo", person=ana, cause="wrong"))
        tell(system, Override(id="in", person=ben, audience="looking", inside=True))
        await system.advance("1m")
        before = people(system), braze(system), system.reader.identity(system.reader.find("ana"))
        await system.restart(load_files(PROJECT | {"audiences/a.yml": audiences}))
        await system.settle()
        assert system.members("rich") == ["ana"]
        assert system.members("looking") == ["ben"]
        after = people(system)
        assert {**after["ana"][2]} == {**before[0]["ana"][2]}
        assert after["ben"] == before[0]["ben"]
        assert system.reader.identity(system.reader.find("ana")) == before[2]
        tell(system, Merge(id="join", people=(ana, ben)))
        await system.settle()
        assert system.reader.find("ana") == system.reader.find("ben")
        tell(system, Unmerge(id="again", person=ana, cause="join"))
        await system.advance("1m")
        assert people(system)["ben"] == before[0]["ben"]


async def test_identifiers_that_came_by_one_call_part_into_a_new_person():
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        await play(system, BEFORE)
        mail = {"externalIds": [{"id": "team@x.com", "type": "email", "collection": "users",
                                 "encoding": "none"}]}  # fmt: skip
        await system.send({**page("ana", "/shared"), "context": mail})
        team = {"type": "track", "anonymousId": "desk", "event": "Order Completed",
                "properties": {"revenue": 40}, "context": mail}  # fmt: skip
        await system.send(team)
        await system.settle()
        reader = system.reader
        assert reader.find("team@x.com") == reader.find("ana") == reader.find("desk")
        assert reader.person(reader.find("ana")).computed["spent"] == 50
        came = tell(
            system,
            Unmerge(id="undo", person=("user_id", "ana"), leave=(("email", "team@x.com"),)),
        )
        await system.settle()
        assert came() == "done"
        assert reader.find("team@x.com") == reader.find("desk") != reader.find("ana")
        assert reader.person(reader.find("ana")).computed["spent"] == 10
        assert reader.person(reader.find("desk")).computed["spent"] == 40
        await system.advance("1m")
        assert braze(system)["ana"]["spent"] == 10
        users = system.sandboxes["braze"].vendor.views("users", {})["users"]
        (desk,) = [u for u in users if u.get("user_alias", {}).get("alias_name") == "desk"]
        assert desk["custom_attributes"]["spent"] == 40
