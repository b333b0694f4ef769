"""The demo's pictures, drawn from a scene alone, and the numbers behind them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

from msgspec.structs import replace
from rich.console import Console

from ebbline.console.demo.feed import past_ms_for, people_for
from ebbline.console.demo.limits import PAST_MS_MAX, PEOPLE_MAX, PEOPLE_MIN
from ebbline.console.demo.plain import Plain, first_line
from ebbline.console.demo.scene import Arrival, Scene, Size, Turn
from ebbline.console.demo.show import write_svg
from ebbline.console.demo.view import draw

NOON = 1_777_636_800_000
SCENE = Scene(
    seconds=12.3, clock_ms=NOON, speed=1.0, phase="the shop is open", calls=1_234,
    calls_per_second=9.6, people=321, behind=0,
    sizes=(Size("vip", 12, 12, 2), Size("churn_risk", 5, 4, -1), Size("high_intent", 7, 7, 0)),
    turns=(
        Turn(NOON + 1_250, "Ana", False, "high_intent", "window ended"),
        Turn(NOON, "Ben", True, "vip", "Order Completed"),
    ),
    requests=3, objects=40, refused=0,
    arrivals=(Arrival(NOON + 60, "Ben", {"lead_score": 84.2000001, "segment_vip": True}),),
    samples=2, p50_ms=56.0, p95_ms=73.0, first_seconds=1.52,
)  # fmt: skip


def drawn(scene, columns=124, lines=30):
    console = Console(width=columns, height=lines, file=io.StringIO(), color_system=None)
    console.print(draw(scene, lines, columns))
    return console.file.getvalue()


def test_the_view_shows_everything():
    text = drawn(SCENE)
    for part in (
        "the shop is open", "first entry in Braze's sandbox after 1.5 s", "1,234  (10/s)",
        "▲ 2", "▼ 1", "12:00:01 Ana", "← high_intent", "→ vip", "window ended", "Order Completed",
        "segment_vip: true, lead_score: 84.2", "Ctrl-C", "p50 56 ms, p95 73 ms",
        "40 objects, 3 calls",
    ):  # fmt: skip
        assert part in text
    assert len(text.splitlines()) == 30


def test_the_view_before_anything_happened():
    scene = replace(SCENE, turns=(), arrivals=(), p50_ms=None, p95_ms=None, first_seconds=None)
    text = drawn(scene)
    assert "waiting for the first entry" in text
    assert "nothing measured yet" in text


def test_the_view_says_when_time_runs_fast_and_things_are_refused():
    text = drawn(replace(SCENE, speed=600.0, refused=2, behind=1_500))
    assert "600 times as fast as outside" in text
    assert "2 calls" in text
    assert "1,500 batches" in text


def test_the_view_fits_a_small_terminal():
    text = drawn(SCENE, 80, 24)
    assert max(map(len, text.splitlines())) <= 80
    assert "Ana" in text
    assert "window ended" in text
    assert "segment_vip: true" in text


def test_names_cannot_draw_on_the_terminal():
    bad = Turn(NOON, "\x1b[31mred[bold]", True, "vip", "x")
    text = drawn(replace(SCENE, turns=(bad,)))
    assert "\x1b" not in text
    assert "[bold]" in text


FIGURES = (
    "-- 12 s: 1,234 events (10/s), 321 people, 40 objects in the sandbox, event to sandbox"
    " p50 56 ms p95 73 ms; vip 12, churn_risk 5, high_intent 7"
)


def test_plain_lines_tell_each_thing_once():
    plain = Plain()
    assert list(plain.lines(SCENE)) == [
        "2026-05-01 12:00:00  Ben -> vip  (Order Completed)",
        "2026-05-01 12:00:01.250  Ana <- high_intent  (window ended)",
        "2026-05-01 12:00:00.060  sandbox received Ben: lead_score: 84.2, segment_vip: true",
        "first entry in Braze's sandbox after 1.5 s",
        FIGURES,
    ]
    assert list(plain.lines(replace(SCENE, seconds=13.0))) == []
    new = Turn(NOON + 9_000, "Ana", True, "vip", "Order Completed")
    later = replace(SCENE, seconds=14.0, turns=(new, *SCENE.turns))
    assert list(plain.lines(later)) == ["2026-05-01 12:00:09  Ana -> vip  (Order Completed)"]


def test_nothing_arrived_is_said():
    assert "no entry" in first_line(replace(SCENE, first_seconds=None))


def test_the_picture_is_svg_without_addresses(tmp_path):
    file = tmp_path / "demo.svg"
    write_svg(SCENE, file)
    text = file.read_text("utf-8")
    assert ET.fromstring(text).tag.endswith("svg")
    assert "high_intent" in text
    assert "https:" not in text


def test_the_crowd_fits_the_speed():
    assert (people_for(1), people_for(1e9)) == (PEOPLE_MAX, PEOPLE_MIN)
    assert past_ms_for(1) == PAST_MS_MAX
    assert past_ms_for(PEOPLE_MAX) < past_ms_for(PEOPLE_MIN)
