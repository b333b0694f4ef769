"""Names of time zones: whether there is one, and the nearest name that is one.

The database of time zones is data, as the project's files are; no clock is looked at.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from ebbline.definitions.findings import nearest

NO_ZONES = frozenset({"Factory", "localtime"})
"""Files of the database that name no zone, or another one on every machine."""
NO_FOLDERS = ("posix/", "right/")
"""Folders of it that hold the zones once more, and once with leap seconds."""


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone.

    >>> is_zone("Europe/Berlin"), is_zone("Europe/Berlinn"), is_zone("Europe")
    (True, False, False)
    """
    if name in NO_ZONES or name.startswith(NO_FOLDERS):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def zone_problem(name: str) -> tuple[str, str] | None:
    """Message and hint for a name that is no time zone; None when it is one."""
    if is_zone(name):
        return None
    zones = sorted(available_timezones() - NO_ZONES)
    near = nearest(name.replace(" ", "_"), zones)
    if near is None:  # the city alone
        by_city = {zone.rsplit("/", 1)[-1]: zone for zone in zones}
        city = nearest(name.replace(" ", "_"), by_city)
        near = None if city is None else by_city[city]
    hint = f'did you mean "{near}"?' if near else "write one like Europe/Berlin"
    return f'unknown time zone "{name}"', hint
