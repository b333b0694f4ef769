"""`ebbline test`: the examples that stand beside the audiences, run on an exact clock."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.output import paint, plural, say, show, show_json
from ebbline.console.place import JsonOption, Place, ProjectOption
from ebbline.errors import NotFound

EXIT_FAILED = 1


def examples(
    audience: Annotated[
        str | None, typer.Argument(metavar="AUDIENCE", help="Only this audience's examples")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the examples of the audiences, exact to the millisecond."""
    import msgspec  # noqa: PLC0415 - heavy

    from ebbline.testing.examples import run_examples  # noqa: PLC0415

    place = Place(project)
    _, loaded = place.checked()
    if audience is not None:
        kept = tuple(each for each in loaded.examples if each.audience == audience)
        if not kept:
            message = f'No example belongs to an audience "{audience}".'
            raise NotFound(message)
        loaded = msgspec.structs.replace(loaded, examples=kept)
    results = run_examples(loaded)
    failed = [result for result in results if not result.passed]
    shown = ""
    for result in results:
        if as_json:
            show_json(result)
            continue
        if result.audience != shown:
            show(paint(result.audience, "bold"))
            shown = result.audience
        mark = paint("ok  ", "green") if result.passed else paint("FAIL", "red")
        show(f"  {mark}  {result.example}")
        for line in result.message.splitlines():
            show(f"        {line}")
    passed = len(results) - len(failed)
    say(f"\n{plural(passed, 'example')} passed, {len(failed)} failed" if failed else
        f"\n{plural(passed, 'example')} passed")  # fmt: skip
    if failed:
        raise typer.Exit(EXIT_FAILED)
