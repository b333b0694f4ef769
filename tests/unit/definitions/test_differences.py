"""Two plans side by side: what differs in writing, and whether anybody's state does."""

from __future__ import annotations

import pytest

from ebbline.definitions import load_files, render_all
from ebbline.definitions.differences import Difference, differences, same_identity, same_state
from ebbline.definitions.plan import Plan

FILES = {
    "ebbline.yml": "name: shop\nlists:\n  brands: [acme, apex]\n",
    "traits/t.yml": "traits:\n  orders: {value: 'count(\"Order Completed\")'}\n",
    "audiences/a.yml": """\
audiences:
  buyers: {owner: ana, when: orders >= 2}
  fans: {owner: ana, when: 'performed("Liked", where=brand in brands)'}
groups:
  rank: {priority: [buyers, fans]}
""",
    "destinations/d.yml": """\
destinations:
  hook:
    type: webhook
    url: https://example.com/in
    signing_secrets: env:HOOK
    sync:
      - {audience: buyers, as: buys}
      - {trait: orders, min_change: 5}
""",
    "sources/s.yml": "sources:\n  web: {write_key: k1}\n",
}


def plan(*edits: tuple[str, str, str]) -> Plan:
    files = dict(FILES)
    for name, old, new in edits:
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    loaded = load_files({name: text.encode() for name, text in files.items()})
    assert loaded.plan is not None, render_all(loaded.findings)
    return loaded.plan


A, D, T = "audiences/a.yml", "destinations/d.yml", "traits/t.yml"


def test_equal_plans_do_not_differ() -> None:
    assert differences(plan(), plan()) == ()
    assert same_state(plan(), plan())


def test_against_nothing_everything_is_new() -> None:
    found = differences(None, plan())
    assert {each.change for each in found} == {"new"}
    assert {each.kind for each in found} == {
        "audience", "trait", "group", "identifier", "list", "destination", "sync", "source",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "expected", "same"),
    [
        ((A, ">= 2", ">= 3"),
         Difference("audience", "buyers", "changed", "orders >= 2", "orders >= 3"), False),
        ((A, "owner: ana, when: orders", "owner: ben, when: orders"),
         Difference("audience", "buyers", "changed", "orders >= 2", "orders >= 2", rule=False),
         True),
        ((A, "groups:", "  new: {owner: ana, when: orders > 9}\ngroups:"),
         Difference("audience", "new", "new", "", "orders > 9"), False),
        ((A, "[buyers, fans]", "[fans, buyers]"),
         Difference("group", "rank", "changed", "buyers > fans", "fans > buyers"), False),
        ((T, 'count("Order Completed")', 'count("Order Completed", within="7d")'),
         Difference("trait", "orders", "changed", 'count("Order Completed")',
                    'count("Order Completed", within="7d")'), False),
        ((D, "as: buys", "as: bought"),
         Difference("sync", "hook.bought", "new", "", "audience buyers"), True),
        ((D, "min_change: 5", "min_change: 2"),
         Difference("sync", "hook.orders", "changed", "trait orders, by at least 5",
                    "trait orders, by at least 2"), False),
        ((D, "      - {trait: orders, min_change: 5}\n", ""),
         Difference("sync", "hook.orders", "removed", "trait orders, by at least 5", ""), False),
        (("ebbline.yml", "apex", "asus"),
         Difference("list", "brands", "changed", "2 values", "2 values"), False),
        (("ebbline.yml", "name: shop", "name: store"),
         Difference("project", "name", "changed", "shop", "store", rule=False), True),
        (("sources/s.yml", "k1", "k2"),
         Difference("source", "web", "changed", "web", "web", rule=False), True),
        (("ebbline.yml", "name: shop", "name: shop\nlimits: {memory: 2GB}"),
         Difference("project", "memory", "changed", "1GiB", "2GB", rule=False), True),
        (("ebbline.yml", "name: shop", "name: shop\ntime_zone: Europe/Berlin"),
         Difference("project", "time zone", "changed", "UTC", "Europe/Berlin"), False),
    ],
)  # fmt: skip
def test_one_change(edit: tuple[str, str, str], expected: Difference, same: bool) -> None:
    old, new = plan(), plan(edit)
    found = differences(old, new)
    assert expected in found
    assert same_state(old, new) is same


def test_who_is_who() -> None:
    identity = "name: shop\nidentity: {identifiers: [{type: email, limit: 5}, {type: user_id}]}"
    other = plan(("ebbline.yml", "name: shop", identity))
    assert not same_identity(plan(), other)
    assert not same_state(plan(), other)
    assert Difference(
        "identifier", "email", "changed", "priority 2, at most 5 for a person",
        "priority 1, at most 5 for a person",
    ) in differences(plan(), other)  # fmt: skip


def test_personal_data_is_no_matter_of_state() -> None:
    one, other = (
        plan(("ebbline.yml", "name: shop",
              f"name: shop\nidentity: {{identifiers: [{{type: user_id, pii: {pii}}}]}}"))
        for pii in ("true", "false")
    )  # fmt: skip
    assert same_state(one, other)
