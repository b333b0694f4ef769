"""How the SQL of audiences stands, in words and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.output import iso, moment

if TYPE_CHECKING:
    from ebbline.hosts.embedded.listed import Listed
    from ebbline.hosts.embedded.reading import Reader


def refreshes(reader: Reader) -> dict[str, Listed]:
    """The audiences with SQL, by name; loaded where there are any."""
    plan = reader.plan()
    if not any(each.sql for each in plan.audiences):
        return {}
    from ebbline.hosts.embedded.listed import listed  # noqa: PLC0415 - heavy

    return {each.audience: each for each in listed(reader.folder, plan)}


def refresh_words(found: Listed) -> str:
    """When it ran, when it runs again, and why the last try failed."""
    last = "has not run yet" if found.last_ms is None else f"ran at {moment(found.last_ms)}"
    text = f"its SQL {last}, next refresh {moment(found.next_ms) if found.next_ms else 'at once'}"
    if found.failed_ms is not None:
        text += f"; it failed at {moment(found.failed_ms)}: {found.error}"
    return text


def refresh_document(found: Listed | None) -> dict[str, Any] | None:
    """The same for machines; None for an audience with a rule."""
    if found is None:
        return None
    return {
        "last": iso(found.last_ms),
        "next": iso(found.next_ms or None),
        "failed": iso(found.failed_ms),
        "error": found.error or None,
    }
