"""Definitions through the API: the catalogue, checks, changes, versions."""

from __future__ import annotations

import msgspec

from ebbline.console.commands.init import project_files
from tests.suites.api.prepared import AUDIENCE
from tests.unit.console.api.test_people import problem

BROKEN = {"ebbline.yml": "name: x", "audiences/a.yml": "audiences:\n  a: {when: 'count('}"}


def test_the_catalogue_has_sizes_owners_and_where_audiences_go(api):
    found = {each["name"]: each for each in api.data("/v1/audiences")["audiences"]}
    assert found[AUDIENCE]["size"]["members"] == 4
    assert found[AUDIENCE]["destinations"] == ["braze"]
    owner = found[AUDIENCE]["owner"]
    some = api.data(f"/v1/audiences?owner={owner}")["audiences"]
    assert {each["owner"] for each in some} == {owner}
    assert api.data("/v1/audiences?tag=there-is-none")["audiences"] == []


def test_an_audience_is_shown_as_text_in_words_and_as_sql(api):
    found = api.data(f"/v1/audiences/{AUDIENCE}")
    assert found["rule"].startswith('count("Page Viewed"')
    assert found["english"].startswith('did "Page Viewed"')
    sql = api.data(f"/v1/audiences/{AUDIENCE}/sql?dialect=snowflake")
    assert "SELECT" in sql["sql"]
    assert problem(api(f"/v1/audiences/{AUDIENCE}/sql?dialect=cobol", code=404))


def test_a_near_miss_is_told_the_nearest_name(api):
    assert AUDIENCE in problem(api("/v1/audiences/pricing_hoot", code=404))["detail"]


def test_a_posted_project_is_checked_with_places(api):
    found = api.data("/v1/validate", {"files": BROKEN})
    assert found["valid"] is False
    assert [each["file"] for each in found["findings"] if each["line"] == 2] == [
        "audiences/a.yml"
    ] * 2
    assert api.data("/v1/validate", {})["valid"] is True


def test_a_plan_foretells_who_enters_and_leaves_and_stores_nothing(api):
    files = {path: data.decode() for path, data in project_files(api_project(api)).items()}
    name = next(path for path, text in files.items() if f"{AUDIENCE}:" in text)
    before, rule = files[name].split(f"{AUDIENCE}:", 1)
    files[name] = f"{before}{AUDIENCE}:{rule.replace('>= 3', '>= 300', 1)}"
    found = api.data("/v1/plan", {"files": files})
    assert found["valid"] is True
    effect = next(e for e in found["preview"]["effects"] if e["audience"] == AUDIENCE)
    assert (effect["before"], effect["leaves"]) == (4, 4)
    assert sorted(effect["leaving"]) == ["ana", "cem", "dee", "eva"]
    quick = api.data("/v1/plan", {"files": files, "counts": False})
    assert quick["preview"] is None
    assert quick["changes"] == found["changes"]


def api_project(api):
    return api.app.context.project


def test_a_broken_project_is_not_applied(api):
    told = problem(api("/v1/apply", {"files": BROKEN}, code=422))
    assert told["code"] == "bad_project"


def test_a_project_is_proposed_given_up_and_recorded(own_api):
    files = {path: data.decode() for path, data in project_files(api_project(own_api)).items()}
    files["ebbline.yml"] = files["ebbline.yml"].replace("name: ", "name: other-")
    told = own_api.data("/v1/apply", {"files": files, "note": "a try"}, code=202)
    number = told["version"]["version"]
    assert told["version"]["state"] == "open"
    assert told["running"] is False
    listed = own_api.data("/v1/versions")
    assert listed["build"] == {"version": number, "state": "waiting", "events": 0,
                               "events_all": None, "left_ms": None, "error": ""}  # fmt: skip
    assert listed["versions"][-1]["by"] == "owner"
    assert own_api.data("/v1/build", method="DELETE")["version"]["version"] == number
    assert own_api.data("/v1/versions")["build"] is None
    actions = [each["action"] for each in own_api.data("/v1/audit")["changes"]]
    assert actions == ["give_up_build", "apply"]


def test_a_rollback_goes_to_the_version_before(own_api):
    told = own_api.data("/v1/rollback", {}, code=202)
    assert told["version"]["rollback_to"] == 1
    assert told["changes"]
    assert problem(own_api("/v1/rollback", {"version": 99}, code=404))


def test_a_version_is_shown_with_what_it_changed(api):
    found = api.data("/v1/versions/2")
    assert found["version"]["changes"] == len(found["differences"]) > 0
    assert problem(api("/v1/versions/99", code=404))


def test_the_tracking_plan_and_traits_are_shown(api):
    names = [each["name"] for each in api.data("/v1/tracking-plan")["events"]]
    assert "Order Completed" in names
    traits = {each["name"]: each for each in api.data("/v1/traits")["traits"]}
    assert traits["lead_score"]["english"].startswith("the score of")


def test_a_body_that_is_not_json_or_not_as_documented_is_refused(api):
    assert problem(api("/v1/plan", code=415, method="POST"))["code"] == "not_json"
    json = {"content-type": "application/json"}
    assert problem(api("/v1/plan", method="POST", headers=json, code=400))["code"] == "bad_json"
    told = problem(api("/v1/plan", {"counts": "many"}, code=422))
    assert told["errors"] == [{"where": "body.counts", "message": "Expected `bool`, got `str`"}]
    assert problem(api("/v1/plan", {"cuonts": True}, code=422))
    large = {"files": {"a": "x" * (5 << 20)}}
    assert problem(api("/v1/plan", large, code=413))["code"] == "too_large"


def test_the_document_is_served_as_it_is_printed(api):
    assert api.data("/v1/openapi.json") == msgspec.json.decode(
        msgspec.json.encode(api.app.routes.state.document)
    )
