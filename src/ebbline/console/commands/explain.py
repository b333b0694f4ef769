"""`ebbline explain`: why somebody is in an audience or not, since when and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.commands.looking import AtOption, UserArgument, event_words, looking
from ebbline.console.output import iso, moment, paint, show, show_json
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption, instant
from ebbline.console.refreshes import refresh_document, refresh_words, refreshes
from ebbline.console.supposing import besides, read_call, supposed_document, supposed_head

if TYPE_CHECKING:
    from ebbline.engine.explain import Explanation, Line
    from ebbline.hosts.embedded.reading import Reader, Told

RULE_COLUMNS_MAX = 96  # columns after which the instant of a flip moves to a line of its own


def explain(
    user: UserArgument,
    audience: Annotated[str, typer.Argument(metavar="AUDIENCE", help="An audience's name")],
    supposing: Annotated[
        list[str] | None,
        typer.Option(
            "--if",
            metavar="CALL",
            help="As if this call came now: 'track Order Completed {\"revenue\": 20}';"
            " again for more",
        ),
    ] = None,
    at: AtOption = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a person is in an audience or not, since when, and until when."""
    from ebbline.engine.explain import explain as explain_rule  # noqa: PLC0415 - heavy

    if supposing:
        calls = [read_call(each) for each in supposing]
        _explain_if(Place(project, data), user, audience, instant(at, "--at"), calls, as_json)
        return
    with looking(Place(project, data), instant(at, "--at")) as (reader, now_ms):
        name, number = reader.audience(audience), reader.find(user)
        profile = reader.profile(number)
        found = explain_rule(reader.tables, profile, name, now_ms)
        turns = found.until_ms is not None and (
            explain_rule(reader.tables, profile, name, found.until_ms).member != found.member
        )
        last = reader.last_change(number, name, inside=found.member)
        if as_json:
            show_json(_document(reader, user, number, found, last, now_ms, turns=turns))
            return
        by = _by(reader, last)
        show(f"{user}: {_head(found, last, by, turns=turns)}")
        _show_lines(found.lines)
        if (refreshed := refreshes(reader).get(name)) is not None:
            show(f"  {refresh_words(refreshed)}")


def _explain_if(
    place: Place, user: str, audience: str, at_ms: int | None, calls: list[dict[str, Any]],
    as_json: bool,
) -> None:  # fmt: skip
    """The same explanation after calls that never came, beside how things stand."""
    from ebbline.engine.explain import explain as explain_rule  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.reading import suppose  # noqa: PLC0415

    with looking(place, at_ms) as (reader, now_ms):
        name, number = reader.audience(audience), reader.find(user)
        told, tables = suppose(reader, number, calls, now_ms), reader.tables
        was = explain_rule(tables, told.before, name, now_ms)
        found = explain_rule(tables, told.after, name, told.at_ms)
        turns = found.until_ms is not None and (
            explain_rule(tables, told.after, name, found.until_ms).member != found.member
        )
        before = _truths(was.lines, found.lines)
        if as_json:
            document = _document(reader, user, number, found, None, told.at_ms, turns=turns)
            for line, truth in zip(document["lines"], before, strict=True):
                line["was"] = truth
            show_json(document | supposed_document(calls, was, told))
            return
        show(f"{user}: {supposed_head(was.member, found, told, turns=turns)}")
        if also := besides(told, name):
            show(f"  also {also}")
        _show_lines(found.lines, before)


def _truths(was: tuple[Line, ...], lines: tuple[Line, ...]) -> list[bool | None]:
    """What each line said before; None for one that was not there."""
    known = {(line.depth, line.text): line.truth for line in was}
    return [known.get((line.depth, line.text)) for line in lines]


def _by(reader: Reader, last: Told | None) -> str:
    if last is None:
        return ""
    if last.cause is None:
        return "the clock"
    if last.cause.startswith("listing-"):
        return "its SQL"
    event = reader.cause(last)
    return event_words(event.name) if event is not None else last.cause


def _head(found: Explanation, last: Told | None, by: str, *, turns: bool) -> str:
    """The answer in a sentence."""
    word = paint("in", "green") if found.member else paint("not in", "red")
    text = f"{word} {found.audience}"
    if last is not None:
        text += f" since {moment(last.at_ms)} (by {by})"
    if found.member and found.suppressed_by:
        text += f", suppressed by {found.suppressed_by}"
    if found.until_ms is None:
        return f"{text}, and time alone changes nothing"
    if turns:
        verb = "leaves" if found.member else "enters"
        return f"{text}, {verb} {moment(found.until_ms)} unless something happens"
    return f"{text}, at least until {moment(found.until_ms)} unless something happens"


def _show_lines(lines: tuple[Line, ...], before: list[bool | None] | None = None) -> None:
    """Each part of the rule: whether it holds (and held), the evidence, and when it flips."""
    rows = []
    for number, line in enumerate(lines):
        was = None if before is None else before[number]
        turned = "" if was in (None, line.truth) else f", was {'yes' if was else 'no'}"
        note = f" ({line.note})" if line.note else ""
        rows.append((line, "  " * line.depth + line.text + note + turned))
    width = max((len(text) for _, text in rows if len(text) <= RULE_COLUMNS_MAX), default=0)
    for line, text in rows:
        mark = paint("yes", "green") if line.truth else paint("no ", "red")
        if line.flips_ms is None:
            show(f"  {mark}  {text}")
            continue
        flips = paint(f"until {moment(line.flips_ms)}", "dim")
        show(f"  {mark}  {text.ljust(width)}  {flips}")


def _document(
    reader: Reader,
    user: str,
    number: int,
    found: Explanation,
    last: Told | None,
    now_ms: int,
    *,
    turns: bool,
) -> dict[str, Any]:
    event = reader.cause(last) if last is not None else None
    return {
        "user": user,
        "profile": number,
        "audience": found.audience,
        "now": iso(now_ms),
        "member": found.member,
        "effective": found.effective,
        "suppressed_by": found.suppressed_by if found.member else None,
        "since": iso(last.at_ms) if last else None,
        "cause": last.cause if last else None,
        "cause_event": event.name if event is not None else None,
        "until": iso(found.until_ms),
        "until_is_the_change": turns,
        "sql": refresh_document(refreshes(reader).get(found.audience)),
        "lines": [
            {"depth": line.depth, "truth": line.truth, "text": line.text, "note": line.note,
             "flips": iso(line.flips_ms)}
            for line in found.lines
        ],
    }  # fmt: skip
