"""Local days in SQL: the offsets of a zone, only as many as the events need."""

from __future__ import annotations

from ebbline.definitions.tree import Window
from ebbline.warehouse.zones import day_of_event
from tests.laws.build import T0, D

UTC_DAY = "FLOOR(CAST(time_ms AS DOUBLE) / 86400000)"


def days(zone, window):
    return day_of_event(zone, window, T0).sql("duckdb")


def test_utc_needs_no_offset():
    assert days("UTC", Window()) == UTC_DAY


def test_a_window_needs_the_changes_inside_it():
    summer = days("Europe/Berlin", Window(30 * D))
    assert summer == UTC_DAY.replace("time_ms", "time_ms + 7200000")
    spring = days("Europe/Berlin", Window(100 * D))
    assert "WHEN time_ms >= 1743296400000 THEN 7200000 ELSE 3600000 END" in spring
    assert spring.count("WHEN") == 1


def test_all_time_needs_them_all():
    assert days("Europe/Berlin", Window()).count("WHEN") > 80
    assert days("Asia/Kolkata", Window()) == UTC_DAY.replace("time_ms", "time_ms + 19800000")
