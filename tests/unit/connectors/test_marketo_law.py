"""Whatever is wanted of people, and whatever Marketo answers: in the end it holds just that."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors.marketo import MARKETO
from ebbline.connectors.marketo.sandbox import Instance
from ebbline.delivery import Feed
from tests.unit.connectors.test_hubspot_law import CHANGES, START_MS, Run

FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed("score", "number", "trait:score"),
    Feed("High intent", "audience", "audience:high_intent", mode="list"),
    Feed("Churn risk", "audience", "audience:churn_risk", mode="list"),
)
SETTINGS = {
    "endpoint": "https://123-ABC-456.mktorest.com", "client_id": "c", "client_secret": "s",
    "list_folder": 27, "batch_size": 3, "linger_seconds": 1, "requests_per_20_seconds": 40,
}  # fmt: skip
CODES = (
    "601 invalid", "602 expired", "603 denied", "604 too long", "606 rate", "608 down", "609 JSON",
    "611 system", "614 unreachable", "615 concurrent", "713 transient", "719 lock", "1003 invalid",
    "1006 field", "1013 list",
)  # fmt: skip
STATUSES = [
    *((200, code) for code in CODES),
    *[(200, "604 too long"), (502, "weather")] * 5,  # what they leave open matters most
    *((status, "weather") for status in (401, 403, 413, 429, 500, 502, 503, 504)),
]


class Forgetful(Run):
    """Now and then Marketo ends a token before its time."""

    def fly(self, send, request):
        if self.rng.random() < self.fault / 4:
            self.vendor.expire()
        super().fly(send, request)


def instance_run(seed=0, fault=0.0):
    fields = {"vip": "boolean", "score": "float"}
    instance = Instance("c", "s", fields=fields, requests=40)
    return Forgetful(MARKETO, SETTINGS, instance, FEEDS, seed, fault, STATUSES), instance


def agrees(run, instance, wanted):
    """Marketo holds just what is wanted, by its own account and as it is read back."""
    held = {row["email"]: row for row in instance.leads.held.values()}
    assert len(held) == len(instance.leads.held)
    for (profile, field), value in wanted.items():
        row = held.get(f"p{profile}@x.org", {"id": 0})
        if field in run.setup.ids:
            assert (row["id"] in instance.lists.members[int(run.setup.ids[field])]) is value
        else:
            assert (row.get(field) or 0) == (value or 0)
    run.token()
    for (profile, field), value in run.read(range(1, 7)).items():
        assert (value or 0) == (wanted.get((profile, field)) or 0)
    for feed in FEEDS[2:]:
        assert run.members(feed) == {
            run.address(profile)
            for (profile, field), value in wanted.items()
            if field == feed.field and value
        }


@given(CHANGES)
def test_in_fair_weather_it_holds_what_is_wanted(changes):
    run, instance = instance_run()
    agrees(run, instance, run.live(changes))
    assert instance.turned_away == 0


@given(CHANGES, st.integers(0, 2**32), st.sampled_from([0.1, 0.4]))
def test_in_any_weather_it_holds_what_is_wanted(changes, seed, fault):
    run, instance = instance_run(seed, fault)
    agrees(run, instance, run.live(changes))


def test_a_token_ends_and_another_one_is_asked_for():
    """Two hours of changes: the token is renewed, and nothing is lost."""
    run, instance = instance_run()
    changes = [(70_000, 1 + n % 3, 0, n % 2) for n in range(110)]
    agrees(run, instance, run.live(changes))
    assert run.setup.token == "token-3:int"


def test_the_pace_stays_within_the_limit():
    """A long queue is worked off without one call too many."""
    run, instance = instance_run()
    for profile in range(600):
        run.change(profile, FEEDS[0], True)
    run.look()
    run.rest()
    assert len(instance.leads.held) == 600
    assert len(run.sends) == 200
    assert instance.turned_away == 0
    assert run.now_ms - START_MS < 150_000


def test_the_days_calls_are_used_up_and_the_rest_waits_for_the_next_day():
    """At 00:00 CST the quota returns, and not one call was made in vain before."""
    settings = SETTINGS | {"batch_size": 1, "requests_a_day": 20}
    instance = Instance("c", "s", fields={"vip": "boolean"}, requests_a_day=25)
    run = Run(MARKETO, settings, instance, FEEDS[:1])
    for profile in range(30):
        run.change(profile, FEEDS[0], True)
    run.look()
    run.rest()
    assert len(instance.leads.held) == 30
    assert instance.turned_away == 0
    assert run.now_ms >= START_MS + 6 * 3_600_000
    instance = Instance("c", "s", fields={"vip": "boolean"}, requests_a_day=10)
    run = Run(MARKETO, settings, instance, FEEDS[:1])
    for profile in range(15):
        run.change(profile, FEEDS[0], True)
    run.look()
    run.rest()
    assert len(instance.leads.held) == 15
    assert 1 <= instance.turned_away <= 5


def test_who_was_deleted_is_made_anew_for_a_list_and_not_to_leave_one():
    run, instance = instance_run()
    run.live([(0, 1, 2, 1), (0, 2, 2, 1)])
    gone, _ = instance.leads.delete({"input": [{"id": lead} for lead in instance.leads.held]})
    instance.lists.forget(gone)
    run.change(1, FEEDS[3], True)
    run.change(2, FEEDS[2], False)
    run.look()
    run.rest()
    (row,) = instance.leads.held.values()
    assert (row["email"], row["id"] in gone) == ("p1@x.org", False)
    assert run.members(FEEDS[3]) == {run.address(1)}
    assert run.members(FEEDS[2]) == set()
    assert run.lane.people[run.address(2)].cells["High intent"].acked is False


def test_a_campaign_starts_for_every_entry():
    feed = Feed("welcome", "audience", "audience:hot", mode="trigger", only="entries")
    instance = Instance("c", "s", campaigns={1047: "welcome"})
    run = Run(MARKETO, SETTINGS | {"member_token": "{{my.member}}"}, instance, (feed,))
    run.live([(20_000, 1 + n % 2, 0, n // 2 % 2 == 0) for n in range(12)])
    emails = {lead: row["email"] for lead, row in instance.leads.held.items()}
    started = [(emails[one["lead"]], one["tokens"]) for one in instance.campaigns.started]
    told = {"{{my.member}}": "true"}
    assert sorted(started, key=str) == [("p1@x.org", told)] * 3 + [("p2@x.org", told)] * 3
