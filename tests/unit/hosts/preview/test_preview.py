"""What is foretold is what `apply` then does; SQL over the history foretells what a refold does."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from ebbline.definitions.plan import Plan
from ebbline.hosts.embedded import importing
from ebbline.hosts.embedded.applying import Conduct
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.preview import Preview, preview
from ebbline.hosts.embedded.preview.asking import to_ask
from ebbline.hosts.embedded.preview.limits import SAMPLE_PEOPLE
from tests.simulation.system.test_live_edit import project
from tests.unit.hosts.preview.history import history

INTENT, BRAZE = "audiences/intent.yml", "destinations/braze.yml"
WIDER = (INTENT, ', within="1h") >= 3', ', within="48h") >= 2')
SHORTER = (INTENT, 'and performed("Product Added", within="7d")',
           'and performed("Product Added", within="3h")')  # fmt: skip
NEW = (INTENT, "audiences:\n", """audiences:
  lookers:
    owner: growth
    review_by: 2027-06-30
    when: count("Product Viewed", within="7d") >= 2 and not audience("vip")
""")  # fmt: skip
SENT = (BRAZE, "    sync:\n", "    sync:\n      - {audience: lookers, as: segment_lookers}\n")
STEP = (BRAZE, "{trait: average_order_value, min_change: 1}",
        "{trait: average_order_value, min_change: 2}")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A fortnight of the simulated shop, replayed."""
    path = tmp_path_factory.mktemp("preview")
    file = path / "history.ndjson"
    end_ms = history(file)
    importing.replay(project(), path / "data", file, end_ms)
    importing.write_history(path / "data")
    return open_folder(path / "data")


def refolded(folder: DataFolder, plan: Plan) -> Preview:
    return preview(folder, plan, ask=lambda *_: None)


@pytest.mark.parametrize(
    "edits", [(WIDER,), (SHORTER,), (NEW,), (NEW, SENT), (WIDER, SHORTER, NEW, SENT)],
    ids=["wider", "shorter", "new", "sent", "all"],
)  # fmt: skip
def test_sql_foretells_what_a_refold_does(folder: DataFolder, edits) -> None:
    plan = project(*edits)
    asked, folded = preview(folder, plan), refolded(folder, plan)
    assert (asked.how, folded.how) == ("sql", "refold")
    assert asked.effects == folded.effects
    assert asked.costs == folded.costs
    assert asked.people == folded.people > 100
    assert any(effect.enters or effect.leaves for effect in asked.effects)


def test_only_what_changed_is_asked_for() -> None:
    asked = to_ask(project(), project(NEW, SHORTER))
    assert asked is not None
    assert asked.audiences == {"lookers", "cart_abandoned"}
    assert {each.name for each in asked.plan.audiences} == {"lookers", "cart_abandoned", "vip"}
    assert asked.traits == frozenset()
    assert to_ask(project(), project(STEP)).traits == {"average_order_value"}


def test_words_alone_move_nobody(folder: DataFolder) -> None:
    found = preview(folder, project((INTENT, "Close to buying", "Near to buying")))
    assert (found.how, found.effects, found.traits) == ("same", (), ())
    assert all(cost.calls == 0 for cost in found.costs)


def test_a_new_field_costs_those_who_are_in(folder: DataFolder) -> None:
    """Somebody who is not in is what the destination takes them for anyway."""
    found = preview(folder, project((BRAZE, "as: segment_vip", "as: segment_best")))
    cost = found.costs[0]
    assert found.how == "same"
    assert set(cost.fields) == {"segment_best"}
    assert cost.people == cost.fields["segment_best"] > 0
    assert cost.calls == -(-cost.people // 50)


def test_samples_are_bounded(folder: DataFolder) -> None:
    found = preview(folder, project(NEW))
    lookers = next(effect for effect in found.effects if effect.audience == "lookers")
    assert lookers.before == 0
    assert lookers.after == lookers.enters > SAMPLE_PEOPLE
    assert len(lookers.entering) == SAMPLE_PEOPLE


def test_the_same_plan_changes_nobody(folder: DataFolder) -> None:
    assert preview(folder, project()).how == "same"


@pytest.mark.parametrize("edits", [(WIDER, SHORTER), (NEW, SENT)], ids=["rules", "new"])
def test_apply_does_what_was_foretold(folder: DataFolder, tmp_path: Path, edits) -> None:
    """To the person, in a folder at rest."""
    mine = copied(folder, tmp_path / "data")
    foretold = preview(mine, project(*edits))
    with Conduct(mine) as conduct:
        version = conduct.propose(project(*edits), "a test", "")
        assert version is not None
        outcome = conduct.follow(version.number)
    assert outcome.state == "live"
    for effect in foretold.effects:
        assert outcome.told.get(("entered", effect.audience), 0) == effect.enters
        assert outcome.told.get(("exited", effect.audience), 0) == effect.leaves
    assert preview(mine, project(*edits)).how == "same"


def test_a_history_with_gaps_is_not_asked(folder: DataFolder, tmp_path: Path) -> None:
    """Where old days have been dropped, only a refold of the log knows."""
    mine = copied(folder, tmp_path / "data")
    db = apsw.Connection(str(mine.history_index))
    db.execute("DELETE FROM files WHERE id = (SELECT min(id) FROM files)")
    assert db.changes() == 1
    db.close()
    found = preview(mine, project(WIDER))
    assert found.how == "refold"
    assert found.effects == preview(folder, project(WIDER)).effects


def copied(folder: DataFolder, path: Path) -> DataFolder:
    shutil.copytree(folder.path, path)
    return open_folder(path)
