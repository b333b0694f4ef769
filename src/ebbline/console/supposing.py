"""`--if`: calls as people write them, and what they would do, in words and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from ebbline.console.output import iso, moment, paint, plural

if TYPE_CHECKING:
    from ebbline.engine.explain import Explanation
    from ebbline.hosts.embedded.reading import Supposed

CALLS = ("track", "page", "screen", "identify", "group", "alias")
_EXAMPLE = (
    """Write one like 'track Order Completed {"revenue": 20}' or 'identify {"plan": "pro"}'."""
)


def read_call(text: str) -> dict[str, Any]:
    """A call as an SDK would send it; a usage error for what is none.

    >>> read_call('track Order Completed {"revenue": 20}')
    {'type': 'track', 'event': 'Order Completed', 'properties': {'revenue': 20}}
    >>> read_call("page /pricing")
    {'type': 'page', 'properties': {'path': '/pricing'}}
    """
    kind, _, rest = text.strip().partition(" ")
    name, brace, said = rest.strip().partition("{")
    name = name.strip()
    if kind not in CALLS:
        message = f'"{text}" begins with none of {", ".join(CALLS)}. {_EXAMPLE}'
        raise typer.BadParameter(message, param_hint="--if")
    data = _object(brace + said, text) if brace else {}
    call: dict[str, Any] = {"type": kind}
    if kind == "page" and name.startswith("/"):
        data.setdefault("path", name)
        name = ""
    field = {"track": "event", "group": "groupId", "alias": "previousId"}.get(kind, "name")
    if kind == "identify" and name:
        message = f'"{text}": an identify call has no name. {_EXAMPLE}'
        raise typer.BadParameter(message, param_hint="--if")
    if name:
        call[field] = name
    if data:
        call["traits" if kind in ("identify", "group") else "properties"] = data
    return call


def _object(written: str, text: str) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    try:
        return msgspec.json.decode(written, type=dict[str, Any])
    except msgspec.DecodeError as error:
        message = f'"{text}": what begins at the brace is no JSON object ({error}). {_EXAMPLE}'
        raise typer.BadParameter(message, param_hint="--if") from error


def supposed_head(was: bool, found: Explanation, supposed: Supposed, *, turns: bool) -> str:
    """The answer in a sentence."""
    words = {
        (False, True): ("enter", "green"), (True, True): ("stay in", "green"),
        (True, False): ("leave", "red"), (False, False): ("stay out of", "red"),
    }  # fmt: skip
    verb, colour = words[was, found.member]
    text = f"would {paint(verb, colour)} {found.audience} at {moment(supposed.at_ms)}"
    if found.member and found.suppressed_by:
        text += f", suppressed by {found.suppressed_by}"
    if found.until_ms is None:
        return f"{text}, and time alone would change nothing then"
    if turns:
        verb = "leave" if found.member else "enter"
        return f"{text}, and {verb} {moment(found.until_ms)} unless something else happens"
    return f"{text}, at least until {moment(found.until_ms)} unless something else happens"


def besides(supposed: Supposed, audience: str) -> str:
    """What else would become of the person, empty when nothing would."""
    words = {"entered": "enters", "exited": "leaves", "suppressed": "is suppressed in",
             "restored": "counts again in"}  # fmt: skip
    told = [f"{words[kind]} {name}" for kind, name, _ in supposed.changes
            if kind in words and name != audience]  # fmt: skip
    if supposed.merges:
        told.append(f"becomes one with {plural(supposed.merges, 'other person', 'other people')}")
    return ", ".join(told)


def supposed_document(
    calls: list[dict[str, Any]], was: Explanation, supposed: Supposed
) -> dict[str, Any]:
    """What `--json` says beside the explanation itself."""
    return {
        "if": calls,
        "before": {"member": was.member, "effective": was.effective, "until": iso(was.until_ms)},
        "changes": [
            {"kind": kind, "definition": name, "at": iso(at_ms)}
            for kind, name, at_ms in supposed.changes
        ],
        "merges": supposed.merges,
    }
