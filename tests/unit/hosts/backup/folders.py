"""Data folders to back up, and backups that somebody has tampered with."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import zstandard

from ebbline.definitions import load_project
from ebbline.hosts.embedded import importing
from tests.e2e.whole.system import query

PROJECT = {
    "ebbline.yml": "name: shop\n",
    "sources/all.yml": "sources:\n  site: {type: http, write_key: the-key}\n",
    "audiences/all.yml": (
        "audiences:\n"
        '  warm: {when: \'count("Demo Watched", within="9d") >= 2\', owner: me,'
        " review_by: 2100-01-01}\n"
    ),
}
PEOPLE, WATCHED = 40, 5
AT = "2026-05-01T09:{:02}:00Z"


def project_at(folder: Path) -> Path:
    """A project of one audience."""
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def shop_at(folder: Path) -> Path:
    """A data folder with some people's history, its Parquet files included."""
    plan = load_project(project_at(folder / "project")).plan
    assert plan is not None
    file, data = folder / "history.ndjson", folder / "data"
    calls = [call(person, number) for number in range(WATCHED) for person in range(PEOPLE)]
    file.write_text("".join(json.dumps(each) + "\n" for each in calls), "utf-8")
    importing.replay(plan, data, file, None, lambda _done, _all: None)
    importing.write_history(data, None, lambda _done, _all: None)
    return data


def call(person: int, number: int) -> dict[str, Any]:
    """One event of a person."""
    at = AT.format(number)
    return {
        "type": "track", "messageId": f"{person}-{number}", "userId": f"u{person}",
        "event": "Demo Watched", "timestamp": at, "receivedAt": at,
    }  # fmt: skip


def contents(data: Path, file: str) -> list[Any]:
    """Every entry of a log."""
    return query(data / file, "SELECT offset, now_ms, kind, count, payload FROM log")


Entries = list[tuple[tarfile.TarInfo, bytes]]


def unpacked(file: Path) -> Entries:
    """The members of a backup and their content."""
    plain = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        found = []
        for entry in archive.getmembers():
            source = archive.extractfile(entry)
            found.append((entry, source.read() if source else b""))
        return found


def packed(entries: Entries, file: Path) -> Path:
    """A backup made of these members, whatever they say."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    file.write_bytes(zstandard.ZstdCompressor().compress(plain.getvalue()))
    return file


def retold(entries: Entries, **changed: Any) -> Entries:
    """The same members, with keys of the manifest changed."""
    (head, told), *rest = entries
    return [(head, json.dumps(json.loads(told) | changed).encode()), *rest]


def named(entries: Entries, old: str, new: str) -> Entries:
    """The same members, one of them under another name, in the manifest as well."""
    (_, told), *rest = entries
    members = json.loads(told)["members"]
    for member in members:
        if member["name"] == old:
            member["name"] = new
    for entry, _ in rest:
        if entry.name == old:
            entry.name = new
    return retold(entries, members=members)


def replaced(entries: Entries, name: str, content: bytes) -> Entries:
    """The same members, one of them with other content and a manifest that agrees with it."""
    (_, told), *rest = entries
    members = json.loads(told)["members"]
    for member in members:
        if member["name"] == name:
            member |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    changed = [(entry, content if entry.name == name else old) for entry, old in rest]
    return retold([entries[0], *changed], members=members)
