"""The Grafana dashboard asks only for metrics and labels that a running system has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Metric

from ebbline.hosts.embedded.collect.meters import Meters as CollectMeters
from ebbline.hosts.embedded.deliver.meters import Meters
from ebbline.hosts.embedded.deliver.objectives.meters import Latencies, SloMeters
from ebbline.hosts.embedded.processes.metrics import EngineMeters

ROOT = Path(__file__).resolve().parents[5]
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
NAME = re.compile(r"\b(ebbline_\w+)(?:\{([^}]*)\})?")


@pytest.fixture(scope="module")
def dashboard():
    return json.loads((ROOT / "ops/grafana/ebbline.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The names of all samples, with the labels of each."""
    registry = CollectorRegistry()
    CollectMeters(registry)
    EngineMeters(registry, tmp_path_factory.mktemp("metrics") / "engine.prom")
    Meters(registry)
    SloMeters(registry).timed("braze", 1)
    found = {}
    for collector in registry._collector_to_names:
        if not hasattr(collector, "describe"):  # counts plainly, and tells families when asked
            for family in collector.collect():
                found |= {family.name + s: set(family._labelnames) for s in SUFFIXES[family.type]}
            continue
        (family,) = collector.describe()
        assert isinstance(family, Metric)
        told = [sample for each in collector.collect() for sample in each.samples]
        labels = {*(told[0].labels if isinstance(collector, Latencies) else collector._labelnames)}
        labels |= {"le"} if family.type == "histogram" else set()
        for suffix in SUFFIXES[family.type]:
            found[family.name + suffix] = labels
    return found


def queries(dashboard):
    """Every query of the panels and of the variables."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def test_every_metric_and_label_in_a_query_exists(dashboard, exported):
    asked = [found for query in queries(dashboard) for found in NAME.findall(query)]
    assert len(asked) > 20
    for name, inside in asked:
        assert name in exported, name
        assert set(re.findall(r"(\w+)\s*[=!]", inside)) <= exported[name], (name, inside)


def test_what_is_grouped_by_is_a_label_of_what_is_asked_for(dashboard, exported):
    for query in queries(dashboard):
        grouped = {each.strip() for by in re.findall(r"by \(([^)]*)\)", query)
                   for each in by.split(",")}  # fmt: skip
        labels = set().union(*(exported[name] for name, _ in NAME.findall(query)))
        assert grouped <= labels, query


def test_every_service_level_metric_is_shown_or_told_otherwise(dashboard, exported):
    shown = {name for query in queries(dashboard) for name, _ in NAME.findall(query)}
    mine = {re.sub(r"_(total|bucket|sum|count)$", "", n) for n in exported if "_slo_" in n}
    seen = {re.sub(r"_(total|bucket|sum|count)$", "", n) for n in shown}
    assert mine - seen == {"ebbline_slo_notices"}  # alarms that could not be told: see the log


def test_no_data_source_is_built_in_and_no_panel_overlaps(dashboard):
    sources = [panel["datasource"] for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {source["uid"] for source in sources} == {"${datasource}"}
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    assert dashboard["schemaVersion"] >= 39
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
