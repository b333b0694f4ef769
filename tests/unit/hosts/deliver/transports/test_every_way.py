"""One deliver process with a destination of each kind: webhook, bucket, folder, database."""

from __future__ import annotations

import asyncio
import time

import msgspec
import psycopg
import pytest

from ebbline.connectors.s3.sandbox import s3_sandbox
from ebbline.connectors.s3.signing import Key
from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.definitions.plan import DestinationDef, SyncDef
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.reading import list_deliveries
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer
from ebbline.hosts.embedded.deliver.transports import every_way
from tests.unit.hosts.deliver.rig import Running, make_deliver, plan_of, until

SECRET = "whsec_" + "A" * 32
SYNCS = (SyncDef("vip", audience="vip"), SyncDef("lead_score", trait="lead_score"))
EVENTS = tuple(msgspec.structs.replace(sync, mode="event", changes="every") for sync in SYNCS)
GUARD = Guard(["127.0.0.1", "localhost:5432"])
OWN = (
    '{"type":"x","timestamp":{{ timestamp | json }},"data":{"person":{{ person | json }},'
    '{% if audience %}"audience":{{ audience | json }},"member":{{ member }}'
    '{% elif trait %}"trait":{{ trait | json }},"value":{{ value | json }}{% endif %}}}'
)


def now_ms():
    return time.time_ns() // 1_000_000


@pytest.fixture
async def hook():
    async with SandboxServer(webhook_sandbox(now_ms, asyncio.sleep, secret=SECRET)) as server:
        yield server


@pytest.fixture
async def bucket():
    key = Key("AKIA", "hush-hush", "eu-central-1")
    async with SandboxServer(s3_sandbox(now_ms, asyncio.sleep, key=key, bucket="exports")) as one:
        yield one


async def test_what_happens_reaches_all_of_them(tmp_path, state, hook, bucket, database):
    exports = tmp_path / "exports"
    exports.mkdir()
    (tmp_path / "data").mkdir()
    plan = plan_of(
        DestinationDef(
            "hook",
            "webhook",
            {"url": hook.url, "secret": "env:HOOK", "body": OWN, "batch": "array"},
            SYNCS,
        ),
        DestinationDef(
            "lake",
            "s3",
            {
                "bucket": "exports",
                "endpoint": bucket.url,
                "region": "eu-central-1",
                "prefix": "a=b/c",
                "key_id": "AKIA",
                "secret": "env:S3",
                "every_seconds": 0,
            },
            EVENTS,
        ),
        DestinationDef("folder", "files", {"path": str(exports), "every_seconds": 0}, EVENTS),
        DestinationDef("base", "postgres", {"dsn": "env:DSN", "sslmode": "disable"}, SYNCS),
    )
    environ = {"HOOK": SECRET, "S3": "hush-hush", "DSN": database}
    transport = every_way(GUARD, tmp_path / "data")
    people = hook.app.vendor.people
    with psycopg.connect(database, autocommit=True) as admin:
        async with Running(
            make_deliver(tmp_path, plan, transport=transport, environ=environ)
        ) as deliver:
            await until(lambda: len(deliver.stations) == 4)
            state.person(1, ("user_id", "ana"))
            state.enter(1, "vip", at_ms=now_ms())
            state.row(1, 3, "lead_score", 81.5, now_ms())
            deliver.wake()
            await until(lambda: people.get("user_id:ana") == {"vip": True, "lead_score": 81.5})
            await until(lambda: members(admin) == [("ana", "vip", True)])
            state.leave(1, "vip", at_ms=now_ms())
            deliver.wake()
            await until(lambda: people["user_id:ana"]["vip"] is False)
            await until(lambda: len(lines(bucket.app.vendor.views("objects", {}))) == 3)
            await until(lambda: len(lines(written(exports))) == 3)
            await until(lambda: members(admin) == [("ana", "vip", False)])
        traits = admin.execute("SELECT person, trait, value FROM ebbline_traits").fetchall()
        assert traits == [("ana", "lead_score", 81.5)]
    assert all(key.startswith("a=b/c/date=") for key in bucket.app.vendor.objects)
    assert {delivery.state for delivery in list_deliveries(tmp_path)} == {"done"}
    kept = (tmp_path / "delivery.db").read_bytes()
    for secret in (SECRET, "hush-hush", database):
        assert secret.encode() not in kept


def members(admin):
    if admin.execute("SELECT to_regclass('ebbline_memberships')").fetchone() == (None,):
        return []
    return admin.execute("SELECT person, audience, member FROM ebbline_memberships").fetchall()


def written(folder):
    return {str(path): path.read_text() for path in folder.rglob("*.ndjson")}


def lines(files):
    return [line for text in files.values() for line in text.splitlines()]
