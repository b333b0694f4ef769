"""What the benchmarks print: always a ratio, steps that add up, and a clear word when wrong."""

from __future__ import annotations

import msgspec
import pytest

from benchmarks.__main__ import main
from benchmarks.answers import WrongAnswer, hold, name_of
from benchmarks.measure import Laps, Reading, measure
from benchmarks.report import Figures, document, table
from benchmarks.shares import shares_of
from ebbline.profiles.graph import Identifier

LINES = [b'{"a": 1}'] * 1000


def test_a_stage_is_measured_beside_decoding():
    reading = measure("parse", LINES, None, lambda: (0.001, "one microsecond a line"))
    assert reading.runs_us == (1.0,) * 5
    assert reading.best_us == reading.median_us == 1.0
    assert reading.ratio == pytest.approx(1 / reading.decode_us)


def test_what_is_dear_runs_once():
    reading = measure("import", LINES, 10, lambda: (11.0, ""))
    assert len(reading.runs_us) == 1


def test_laps_add_up():
    laps = Laps()
    laps.start()
    sum(range(200_000))
    laps.lap("first")
    sum(range(200_000))
    laps.lap("second")
    assert laps.seconds.keys() == {"first", "second"}
    assert laps.total == sum(laps.seconds.values()) > 0


def test_shares_are_of_the_whole():
    steps = {"parse": 1.0, "fold": 6.0, "commit": 3.0}
    shares = shares_of(steps, {"seen": 1.0, "resolve": 2.0}, events=1_000_000, decode_us=2.0)
    told = {share.step: (share.us, share.ratio, share.share) for share in shares}
    assert told == {
        "parse": (1.0, 0.5, 0.1),
        "fold: seen": (1.0, 0.5, 0.1),
        "fold: resolve": (2.0, 1.0, 0.2),
        "fold: the rest": (3.0, 1.5, 0.3),
        "commit": (3.0, 1.5, 0.3),
    }


def test_table_and_document_say_the_same():
    readings = [Reading("parse", 1000, None, (2.0, 4.0, 3.0), 1.5, "lines")]
    figures = Figures(1000, 10, readings, shares_of({"parse": 3.0}, {}, 1000, 1.5))
    text = table(figures)
    assert "parse        any     2.00       3.00     3      2.00  lines" in text
    assert "100%" in text
    told = msgspec.json.decode(document([figures]))["cases"][0]
    assert told["stages"][0]["ratio"] == 2.0
    assert told["shares"][0]["share"] == 1.0


def test_people_are_named_as_the_oracle_names_them():
    device = Identifier("anonymous_id", "d2", "m2", 2)
    assert name_of([Identifier("anonymous_id", "d1", "m1", 1), device]) == "d1"
    assert name_of([Identifier("user_id", "u", "m3", 3), device]) == "u"


def test_a_wrong_answer_ends_everything():
    class Case:
        class workload:  # noqa: N801
            digest = staticmethod(lambda members: "f00")

        class file:  # noqa: N801
            name = "events.ndjson"

        audiences = 10
        expected = staticmethod(lambda: "ba5")

    with pytest.raises(WrongAnswer, match=r"digest f00, the oracle says ba5. Sizes: \{'a': 1\}"):
        hold(Case, {"a": ["ana"]}, "import")


def test_no_workload_is_said_plainly(tmp_path, capsys):
    assert main(["--workload", str(tmp_path / "none"), "--data", str(tmp_path)]) == 2
    assert "name it with --workload DIR" in capsys.readouterr().err


def test_stages_are_known_by_name(capsys):
    with pytest.raises(SystemExit):
        main(["--stage", "everything"])
    assert "--stage" in capsys.readouterr().err
