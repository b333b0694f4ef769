"""One stay of one person on one device, written down as Segment calls with their instants."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from ebbline.console.shop.limits import SECOND_MS
from ebbline.console.shop.people import Person

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SITE = "https://shop.example"
Call = dict[str, Any]


def iso(ms: int) -> str:
    """A UTC instant as the SDKs write it, to the millisecond."""
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Script:
    """Writes calls in order of time; `now_ms` moves on by `wait` alone.

    `key` makes the messageIds: two scripts of one shop never share one. A script is anonymous
    until `login`, or from the beginning when `known`.
    """

    def __init__(
        self, who: Person, key: str, now_ms: int, *, device: int = 0, known: bool = True
    ) -> None:
        self.who = who
        self.key = key
        self.now_ms = now_ms
        self.known = known
        self.calls: list[tuple[int, Call]] = []
        self._device = who.devices[device % len(who.devices)]

    def wait(self, rng: random.Random, seconds: float) -> None:
        """Lets some time pass: `seconds` on the average, never nothing, never four times it."""
        drawn = min(max(rng.expovariate(1.0), 0.1), 4.0)
        self.now_ms += max(1, int(drawn * seconds * SECOND_MS))

    def track(self, event: str, **properties: Any) -> None:
        """Something happened."""
        self._write("track", event=event, properties=properties)

    def page(self, name: str, path: str) -> None:
        """A page was shown."""
        page = {"path": path, "url": SITE + path, "title": name}
        self._write("page", name=name, properties=page)

    def screen(self, name: str) -> None:
        """A screen of the app was shown."""
        self._write("screen", name=name, properties={})

    def login(self, **traits: Any) -> None:
        """The person says who they are; from now on the calls carry their user id."""
        self.known = True
        self._write("identify", traits=traits)

    def group(self, group_id: str, **traits: Any) -> None:
        """The person belongs to an organisation."""
        self._write("group", groupId=group_id, traits=traits)

    def mail(self, event: str, **properties: Any) -> None:
        """The mail system, a server, says what became of an e-mail: no device is known."""
        self._write("track", device=False, event=event, properties=properties)

    def _write(self, kind: str, *, device: bool = True, **body: Any) -> None:
        call: Call = {
            "type": kind,
            "messageId": f"{self.key}-{len(self.calls)}",
            "timestamp": iso(self.now_ms),
            **body,
        }
        library = "ebbline-shop" if device else "ebbline-shop-mail"
        call["context"] = {"library": {"name": library, "version": "1"}}
        if device:
            call["anonymousId"] = self._device
            call["channel"] = "browser"
        if self.known or not device:
            call["userId"] = self.who.user_id
        self.calls.append((self.now_ms, call))
