"""The project of the measurement: the workload's audiences, fifty traits, one destination."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.rules import project_of
from ebbline.definitions.plan import Plan

CROWD = "gathered"  # the audience whose windows all end at once
WRITE_KEY = "bench"

_ORDERS, _ADDED, _VIEWED = '"Order Completed"', '"Product Added"', '"Product Viewed"'
_COUNTED = {
    "views": _VIEWED, "clicks": '"Product Clicked"', "added": _ADDED, "carts": '"Cart Viewed"',
    "searches": '"Products Searched"', "checkouts": '"Checkout Started"', "orders": _ORDERS,
    "videos": '"Video Played"', "deliveries": '"Email Delivered"', "opens": '"Email Opened"',
}  # fmt: skip
_TIMED = {
    "order": _ORDERS, "view": _VIEWED, "add": _ADDED, "demo": '"Demo Watched"',
    "open": '"Email Opened"',
}  # fmt: skip


def traits() -> dict[str, str]:
    """Fifty computed traits by name: counts, sums, averages, extremes, values, times, scores."""
    found = {f"{name}_total": f"count({event})" for name, event in _COUNTED.items()}
    found |= {f"{name}_24h": f'count({event}, within="24h")' for name, event in _COUNTED.items()}
    for days in (1, 7, 30):
        found[f"revenue_{days}d"] = f'sum({_ORDERS}, revenue, within="{days}d")'
        found[f"added_{days}d"] = f'sum({_ADDED}, price * quantity, within="{days}d")'
    found |= {
        "revenue_total": f"sum({_ORDERS}, revenue)",
        "order_average": f"round(avg({_ORDERS}, revenue), 2)",
        "price_average": f"round(avg({_VIEWED}, price), 2)",
        "added_average": f'round(avg({_ADDED}, price * quantity, within="7d"), 2)',
        "order_largest": f"max({_ORDERS}, revenue)",
        "order_smallest": f"min({_ORDERS}, revenue)",
        "price_largest_7d": f'max({_VIEWED}, price, within="7d")',
        "category_first": f"first({_VIEWED}, category)",
        "category_last": f"last({_VIEWED}, category)",
        "product_last_added": f"last({_ADDED}, product_id)",
    }
    found |= {f"last_{name}_at": f"last_time({event})" for name, event in _TIMED.items()}
    found |= {
        "days_since_order": f"days_since(last_time({_ORDERS}))",
        "days_since_view": f"days_since(last_time({_VIEWED}))",
        "open_rate": "round(opens_total / deliveries_total, 2)",
        "orders_per_view": "round(orders_total / views_total, 3)",
    }
    for half_life in ("1d", "7d", "30d"):
        found[f"interest_{half_life}"] = (
            f"score(points({_VIEWED}, 5), points({_ADDED}, 10), points({_ORDERS}, 20),"
            f' half_life="{half_life}")'
        )
    found["readiness"] = f'score(points("Demo Watched", 30), points({_ADDED}, 10), fade="14d")'
    found["engagement"] = 'score(points("Email Opened", 3), points("Article Read", 2), within="7d")'
    return found


def write_project(folder: Path, plan: Plan, hook: str | None) -> Path:
    """The project's files. With the URL of a `hook`, every audience of the plan and every trait
    is synced there; without, there is no destination and the traits are not kept."""
    files = project_of(plan)
    files["sources/http.yml"] = _json({"sources": {"door": {"type": "http",
                                                            "write_key": WRITE_KEY}}})  # fmt: skip
    files["traits/fifty.yml"] = _json({"traits": {n: {"value": v} for n, v in traits().items()}})
    crowd = 'crowd == True and elapsed(first_seen()) < "24h"'
    files["audiences/crowd.yml"] = _json({"audiences": {CROWD: {"when": crowd}}})
    if hook is not None:
        sync: list[dict[str, object]] = [{"audience": each.name} for each in plan.audiences]
        sync += [_synced(name, value) for name, value in traits().items()]
        destination = {"type": "webhook", "url": hook, "batch_size": 100, "sync": sync}
        files["destinations/hook.yml"] = _json({"destinations": {"hook": destination}})
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def _synced(name: str, value: str) -> dict[str, object]:
    """A score moves all the time: it is told in steps of five."""
    return {"trait": name} | ({"min_change": 5} if value.startswith("score(") else {})


def _json(content: object) -> bytes:
    return msgspec.json.encode(content)
