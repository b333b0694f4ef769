"""Asking about people through the API says what the engine says."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from tests.suites.api.prepared import AUDIENCE, PEOPLE, new_key


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    told = msgspec.json.decode(response.content)
    assert told["type"] == f"docs/reference/api.md#{told['code']}"
    assert told["status"] == response.status_code
    assert told["detail"]
    return told


@pytest.mark.parametrize("user", ["ana", "user_id:ana", "email:ANA@example.com"])
def test_a_person_is_found_by_any_identifier(api, user):
    found = api.data(f"/v1/profile?user={user}")
    held = {(each["type"], each["value"]) for each in found["identifiers"]}
    assert held == {("user_id", "ana"), ("email", "ana@example.com"),
                    ("anonymous_id", "device-1")}  # fmt: skip
    assert found["computed"]["lead_score"] == pytest.approx(30, abs=0.1)


def test_who_is_unknown_is_a_problem_with_a_code(api):
    told = problem(api("/v1/profile?user=nobody", code=404))
    assert told["code"] == "not_found"
    assert 'Nobody is known as "nobody"' in told["detail"]
    assert told["instance"] == "/v1/profile"


def test_a_profile_as_of_the_past_has_the_traits_of_then(api):
    first = api.data("/v1/profile/timeline?user=ana&limit=500")["events"][-1]
    then = api.data(f"/v1/profile?user=ana&at={first['known']}")
    assert then["at"] == first["known"]
    assert len(then["identifiers"]) < 3


def test_the_timeline_goes_back_page_by_page(api):
    whole = api.data("/v1/profile/timeline?user=ana&limit=500")
    paged, before = [], ""
    while True:
        page = api.data(f"/v1/profile/timeline?user=ana&limit=2{before}")
        paged += page["events"]
        if page["older"] is None:
            break
        before = f"&before={page['older']}"
    assert whole["older"] is None
    assert paged == whole["events"]
    assert len(paged) == 7
    assert paged[0]["properties"]["order_id"] == "o1"


def test_an_explanation_names_the_cause_and_the_next_flip(api):
    found = api.data("/v1/profile/explain?user=cem&audience=" + AUDIENCE)
    assert found["member"] is True
    assert found["cause_event"] == "Page Viewed"
    assert found["until_is_the_change"] is True
    assert found["lines"][0]["flips"] == found["until"]
    assert found["until"] > found["since"]


def test_somebody_kept_out_by_hand_is_explained_so(api):
    found = api.data("/v1/profile/explain?user=ben&audience=" + AUDIENCE)
    assert found["member"] is False
    assert "by hand" in found["lines"][0]["text"]


def test_calls_that_never_came_are_supposed_and_leave_nothing_behind(api):
    calls = [{"type": "track", "event": "Demo Watched"}] * 3
    before = api.data("/v1/status")
    found = api.data("/v1/profile/explain", {"user": "dee", "audience": AUDIENCE, "calls": calls})
    assert found["supposed"]["was_member"] is True
    assert {each["kind"] for each in found["supposed"]["changes"]} >= {"trait"}
    assert api.data("/v1/status")["log"] == before["log"]


def test_an_identity_shows_what_made_it(api):
    found = api.data("/v1/profile/identity?user=ana")
    assert [each["loser_anchor"] for each in found["merges"]] == ["anonymous_id:device-1"]
    assert api.data("/v1/profile/identity?user=ben")["commands"][0]["outcome"] == "done"


def test_members_are_paged_to_the_end_without_gap_or_double(api):
    cursor, seen = "", []
    while True:
        page = api.data(f"/v1/audiences/{AUDIENCE}/members?limit=2{cursor}")
        assert len(page["members"]) <= 2
        seen += [each["identifier"] for each in page["members"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [name for name in PEOPLE if name != "ben"]


def test_members_stream_as_lines_and_as_csv(api):
    lines = api(f"/v1/audiences/{AUDIENCE}/members.ndjson").content.splitlines()
    text = api(f"/v1/audiences/{AUDIENCE}/members.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [msgspec.json.decode(line)["identifier"] for line in lines] == [
        row["identifier"] for row in rows
    ]
    assert len(rows) == 4


def test_members_of_the_past_come_of_the_ledger(api):
    since = api.data("/v1/memberships?user=cem")["audiences"]
    at = next(each["since"] for each in since if each["audience"] == AUDIENCE)
    found = api.data(f"/v1/audiences/{AUDIENCE}/members?at={at}")
    assert found["how"] == "ledger"
    assert "cem" in [each["identifier"] for each in found["members"]]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "²"])
def test_what_is_no_cursor_is_refused(api, cursor):
    told = problem(api(f"/v1/audiences/{AUDIENCE}/members?cursor={cursor}", code=422))
    assert told["code"] == "invalid"


def test_the_ledger_is_followed_by_seq(api):
    first = api.data("/v1/ledger?after=0&limit=3")
    rest = api.data(f"/v1/ledger?after={first['last']}&limit=1000")
    seqs = [each["seq"] for each in (*first["entries"], *rest["entries"])]
    assert seqs == list(range(1, first["end"] + 1))
    own = api.data("/v1/ledger?user=cem&limit=1000")["entries"]
    assert {each["person"] for each in own} == {"cem"}


def test_evaluate_tells_the_truth_and_the_next_flip_of_somebody_made_up(api):
    calls = [
        {"type": "track", "event": "Demo Watched", "timestamp": f"2026-05-01T12:{n:02}:00Z"}
        for n in (0, 10)
    ]
    asked = {"rule": 'count("Demo Watched", within="1h") >= 2', "calls": calls}
    found = api.data("/v1/evaluate", asked)
    assert (found["member"], found["until"]) == (True, "2026-05-01T13:00:00.000Z")
    assert found["until_is_the_change"] is True
    later = api.data("/v1/evaluate", asked | {"at": "2026-05-01T13:00:00Z"})
    just = api.data("/v1/evaluate", asked | {"at": "2026-05-01T12:59:59.999Z"})
    assert (just["member"], later["member"]) == (True, False)


def test_evaluate_asks_about_an_audience_of_the_project(api):
    calls = [{"type": "page", "properties": {"path": "/pricing"}}] * 3
    found = api.data("/v1/evaluate", {"audience": AUDIENCE, "calls": calls})
    assert found["member"] is True
    assert AUDIENCE in [each["audience"] for each in found["audiences"]]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Name an `audience`"),
        ({"audience": AUDIENCE, "rule": "true"}, "Name an `audience`"),
        ({"rule": 'count("Demo Watched'}, "The rule"),
        ({"rule": "1 + 1"}, "The rule"),
        ({"audience": AUDIENCE, "at": "soon"}, "no instant"),
    ],
)
def test_evaluate_says_what_is_wrong_with_a_question(api, asked, words):
    assert words in problem(api("/v1/evaluate", asked, code=422))["detail"]


def test_evaluate_refuses_a_call_that_nobody_would_take(api):
    calls = [{"type": "track"}]
    told = problem(api("/v1/evaluate", {"audience": AUDIENCE, "calls": calls}, code=409))
    assert told["detail"].startswith("Call 1 ")


def test_a_membership_by_hand_is_written_down_and_recorded(own_api):
    asked = {"user": "eva", "audience": AUDIENCE, "inside": False, "reason": "a test"}
    told = own_api.data("/v1/overrides", asked)
    assert told["outcome"] is None  # nobody is there to come to it
    (change,) = own_api.data("/v1/audit?limit=1")["changes"]
    assert (change["who"], change["action"]) == ("owner", "set_override")
    assert msgspec.json.decode(change["detail"])["reason"] == "a test"


def test_two_identifiers_of_one_person_cannot_be_merged(api):
    asked = {"one": "ana", "other": "email:ana@example.com"}
    told = problem(api("/v1/merge", asked, code=409))
    assert "one person already" in told["detail"]


def test_the_fast_lane_and_the_whole_profile_agree(api):
    for name in PEOPLE:
        whole = api.data(f"/v1/profile?user={name}")["audiences"]
        quick = api.data(f"/v1/memberships?user={name}")["audiences"]
        assert quick == [
            {key: each[key] for key in ("audience", "since", "effective")} for each in whole
        ]


def test_the_fast_lane_asks_for_its_scope_and_for_a_person(api):
    viewer = new_key(api.app.context, "viewer")
    assert problem(api("/v1/memberships?user=ana", key=viewer, code=403))["code"] == "forbidden"
    assert problem(api("/v1/memberships", code=422))["errors"][0]["where"] == "query.user"
    assert problem(api("/v1/memberships?user=nobody", code=404))["code"] == "not_found"
    assert problem(api("/v1/memberships?user=ana", method="PUT", code=405))
