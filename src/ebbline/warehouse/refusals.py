"""What cannot be said in SQL, as errors that say why."""

from __future__ import annotations

from ebbline.definitions.plan import AudienceDef
from ebbline.errors import NotInSql


def refused(dialect: str, what: str) -> NotInSql:
    """The dialect has no way to say something."""
    return NotInSql(f"{what} cannot be said in the SQL of {dialect}.")


def refuse_path_dependent(audience: AudienceDef) -> None:
    """NotInSql for an audience whose membership is more than what its events say."""
    if audience.sql:
        message = (
            f'The audience "{audience.name}" has SQL of its own: who is in it is what that said'
            " when it ran last, which no query over events can say. Ask the engine"
            " (`ebbline members`, `ebbline explain`)."
        )
        raise NotInSql(message)
    options = [
        name
        for name, given in (
            ("exit_when", audience.exit_when is not None),
            ("hold", audience.hold_ms),
            ("cooldown", audience.cooldown_ms),
        )
        if given
    ]
    if options:
        message = (
            f'The audience "{audience.name}" has {" and ".join(options)}: whether somebody is in'
            " it depends on when they were in it before, which no query over events can say."
            " Ask the engine (`ebbline members`, `ebbline explain`)."
        )
        raise NotInSql(message)
