"""The project of the measurement: the workload's audiences, fifty traits, one destination."""

from __future__ import annotations

from pathlib import Path

from benchmarks.rules import write_project
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


def project_at(folder: Path, plan: Plan, hook: str | None) -> Path:
    """The project's files. With the URL of a `hook`, every audience of the plan and every trait
    is synced there; without, there is no destination and the traits are not kept."""
    crowd = 'crowd == True and elapsed(first_seen()) < "24h"'
    more: dict[str, object] = {
        "sources/http.yml": {"sources": {"door": {"type": "http", "write_key": WRITE_KEY}}},
        "traits/fifty.yml": {"traits": {n: {"value": rule} for n, rule in traits().items()}},
        "audiences/crowd.yml": {"audiences": {CROWD: {"when": crowd}}},
    }
    if hook is not None:
        sync: list[dict[str, object]] = [{"audience": each.name} for each in plan.audiences]
        sync += [_synced(name, value) for name, value in traits().items()]
        destination = {"type": "webhook", "url": hook, "batch_size": 100, "sync": sync}
        more["destinations/hook.yml"] = {"destinations": {"hook": destination}}
    return write_project(folder, plan, more)


def _synced(name: str, value: str) -> dict[str, object]:
    """A score moves all the time: it is told in steps of five."""
    return {"trait": name} | ({"min_change": 5} if value.startswith("score(") else {})
