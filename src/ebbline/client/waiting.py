"""The asyncio client's methods. Written by tools/client.py from the OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from ebbline.client.asking import Asking
from ebbline.client.shapes import access, definitions, deliveries, people, system
from ebbline.client.wire import segment


class AsyncClient(Asking):
    """The management API for asyncio; use it in an `async with` block."""

    async def me(self) -> access.Me:
        """The key that asks."""
        return await self._ask("GET", "/v1/me", {}, access.Me)

    async def openapi(self) -> dict[str, Any]:
        """This document."""
        return await self._ask("GET", "/v1/openapi.json", {}, dict[str, Any])

    async def status(self) -> system.Status:
        """How the folder stands."""
        return await self._ask("GET", "/v1/status", {}, system.Status)

    async def list_audiences(
        self, *, owner: str | None = None, tag: str | None = None
    ) -> definitions.Audiences:
        """The catalogue of audiences with their sizes."""
        return await self._ask(
            "GET", "/v1/audiences", {"owner": owner, "tag": tag}, definitions.Audiences
        )

    async def show_audience(self, audience: str) -> definitions.AudienceShown:
        """One audience whole."""
        return await self._ask(
            "GET", f"/v1/audiences/{segment(audience)}", {}, definitions.AudienceShown
        )

    async def audience_sql(
        self,
        audience: str,
        *,
        dialect: str | None = None,
        at: str | None = None,
        effective: bool | None = None,
    ) -> definitions.Sql:
        """An audience as SQL."""
        return await self._ask(
            "GET",
            f"/v1/audiences/{segment(audience)}/sql",
            {"dialect": dialect, "at": at, "effective": effective},
            definitions.Sql,
        )

    async def list_traits(self) -> definitions.Traits:
        """Computed traits with their rules."""
        return await self._ask("GET", "/v1/traits", {}, definitions.Traits)

    async def tracking_plan(self) -> definitions.TrackingPlan:
        """Which events and traits may come in, and what happens to others."""
        return await self._ask("GET", "/v1/tracking-plan", {}, definitions.TrackingPlan)

    async def validate(
        self, *, files: dict[str, str] | None = None, counts: bool = True
    ) -> definitions.Validated:
        """Check a project."""
        return await self._ask(
            "POST", "/v1/validate", {}, definitions.Validated, {"files": files, "counts": counts}
        )

    async def plan(
        self, *, files: dict[str, str] | None = None, counts: bool = True
    ) -> definitions.Planned:
        """Compare a project with what is live."""
        return await self._ask(
            "POST", "/v1/plan", {}, definitions.Planned, {"files": files, "counts": counts}
        )

    async def apply(
        self, *, files: dict[str, str] | None = None, note: str = ""
    ) -> definitions.Proposed:
        """Make a project live."""
        return await self._ask(
            "POST", "/v1/apply", {}, definitions.Proposed, {"files": files, "note": note}
        )

    async def rollback(self, *, version: int | None = None, note: str = "") -> definitions.Proposed:
        """Make an older version live again."""
        return await self._ask(
            "POST", "/v1/rollback", {}, definitions.Proposed, {"version": version, "note": note}
        )

    async def give_up_build(self) -> definitions.Proposed:
        """Give up the version that is being built."""
        return await self._ask("DELETE", "/v1/build", {}, definitions.Proposed)

    async def list_versions(self) -> definitions.Versions:
        """Every version of the definitions there has been, the newest last."""
        return await self._ask("GET", "/v1/versions", {}, definitions.Versions)

    async def show_version(self, number: int) -> definitions.VersionShown:
        """One version, with what differs from the one that was live before it."""
        return await self._ask(
            "GET", f"/v1/versions/{segment(number)}", {}, definitions.VersionShown
        )

    async def show_profile(self, user: str, *, at: str | None = None) -> people.Profile:
        """One person: identifiers, traits, audiences."""
        return await self._ask("GET", "/v1/profile", {"user": user, "at": at}, people.Profile)

    async def profile_timeline(
        self, user: str, *, limit: int | None = None, before: str | None = None
    ) -> people.Timeline:
        """A person's events, newest first, in order of time."""
        return await self._ask(
            "GET",
            "/v1/profile/timeline",
            {"user": user, "limit": limit, "before": before},
            people.Timeline,
        )

    async def explain(self, user: str, audience: str, *, at: str | None = None) -> people.Explained:
        """Why a person is in an audience or not, since when and until when."""
        return await self._ask(
            "GET",
            "/v1/profile/explain",
            {"user": user, "audience": audience, "at": at},
            people.Explained,
        )

    async def suppose_calls(
        self, user: str, audience: str, calls: list[dict[str, Any]], *, at: str | None = None
    ) -> people.Explained:
        """What would become of a person if calls came."""
        return await self._ask(
            "POST",
            "/v1/profile/explain",
            {},
            people.Explained,
            {"user": user, "audience": audience, "calls": calls, "at": at},
        )

    async def profile_identity(self, user: str) -> people.Identity:
        """What made somebody one person."""
        return await self._ask("GET", "/v1/profile/identity", {"user": user}, people.Identity)

    async def memberships(self, user: str) -> people.Memberships:
        """One person's audiences, quickly."""
        return await self._ask("GET", "/v1/memberships", {"user": user}, people.Memberships)

    async def ledger(
        self,
        *,
        user: str | None = None,
        definition: str | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> people.Ledger:
        """What changed, when and why, in order."""
        return await self._ask(
            "GET",
            "/v1/ledger",
            {"user": user, "definition": definition, "after": after, "limit": limit},
            people.Ledger,
        )

    async def list_members(
        self,
        audience: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        effective: bool | None = None,
        at: str | None = None,
        rules: Literal["then", "now"] | None = None,
    ) -> people.Members:
        """The people of an audience, by pages."""
        return await self._ask(
            "GET",
            f"/v1/audiences/{segment(audience)}/members",
            {"limit": limit, "cursor": cursor, "effective": effective, "at": at, "rules": rules},
            people.Members,
        )

    def stream_members(
        self, audience: str, *, effective: bool | None = None
    ) -> AsyncIterator[people.Member]:
        """Everybody in an audience as lines of JSON."""
        return self._lines(
            f"/v1/audiences/{segment(audience)}/members.ndjson",
            {"effective": effective},
            people.Member,
        )

    def export_members(
        self, audience: str, *, effective: bool | None = None
    ) -> AsyncIterator[bytes]:
        """Everybody in an audience as CSV."""
        return self._chunks(
            f"/v1/audiences/{segment(audience)}/members.csv", {"effective": effective}
        )

    async def merge(self, one: str, other: str, *, reason: str = "") -> people.Decided:
        """Make two people one."""
        return await self._ask(
            "POST", "/v1/merge", {}, people.Decided, {"one": one, "other": other, "reason": reason}
        )

    async def unmerge(
        self,
        user: str,
        *,
        cause: str | None = None,
        identifiers: Sequence[str] = (),
        keep: Sequence[str] = (),
        reason: str = "",
    ) -> people.Decided:
        """Undo a merge."""
        return await self._ask(
            "POST",
            "/v1/unmerge",
            {},
            people.Decided,
            {
                "user": user,
                "cause": cause,
                "identifiers": identifiers,
                "keep": keep,
                "reason": reason,
            },
        )

    async def set_override(
        self, user: str, audience: str, inside: bool, *, until: str | None = None, reason: str = ""
    ) -> people.Decided:
        """Put somebody into an audience, or keep somebody out, whatever its rule says."""
        return await self._ask(
            "POST",
            "/v1/overrides",
            {},
            people.Decided,
            {
                "user": user,
                "audience": audience,
                "inside": inside,
                "until": until,
                "reason": reason,
            },
        )

    async def clear_override(self, user: str, audience: str, *, reason: str = "") -> people.Decided:
        """Let an audience's rule decide again about somebody."""
        return await self._ask(
            "POST",
            "/v1/overrides/clear",
            {},
            people.Decided,
            {"user": user, "audience": audience, "reason": reason},
        )

    async def evaluate(
        self,
        *,
        calls: Sequence[dict[str, Any]] = (),
        audience: str | None = None,
        rule: str | None = None,
        at: str | None = None,
    ) -> people.Evaluated:
        """Say whether somebody with these events would be in an audience, why, and until when."""
        return await self._ask(
            "POST",
            "/v1/evaluate",
            {},
            people.Evaluated,
            {"calls": calls, "audience": audience, "rule": rule, "at": at},
        )

    async def list_sources(self) -> system.Sources:
        """Where events come from, with their write keys."""
        return await self._ask("GET", "/v1/sources", {}, system.Sources)

    async def latest_events(
        self,
        *,
        limit: int | None = None,
        name: str | None = None,
        user: str | None = None,
        source: str | None = None,
        flag: str | None = None,
    ) -> system.EventsSeen:
        """The latest events, newest last."""
        return await self._ask(
            "GET",
            "/v1/events",
            {"limit": limit, "name": name, "user": user, "source": source, "flag": flag},
            system.EventsSeen,
        )

    def live_events(
        self,
        *,
        name: str | None = None,
        user: str | None = None,
        source: str | None = None,
        flag: str | None = None,
        seconds: int | None = None,
        after: int | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[system.EventSeen]:
        """Events as they come in, as server-sent events."""
        return self._events(
            "/v1/events/live",
            {
                "name": name,
                "user": user,
                "source": source,
                "flag": flag,
                "seconds": seconds,
                "after": after,
            },
            {"last-event-id": last_event_id},
            system.EventSeen,
        )

    async def list_violations(self, *, limit: int | None = None) -> system.Violations:
        """What broke the tracking plan lately, let in or refused."""
        return await self._ask("GET", "/v1/violations", {"limit": limit}, system.Violations)

    async def list_quarantine(
        self,
        *,
        code: str | None = None,
        source: str | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> system.Quarantine:
        """What was refused on the way in, newest first."""
        return await self._ask(
            "GET",
            "/v1/quarantine",
            {"code": code, "source": source, "before": before, "limit": limit},
            system.Quarantine,
        )

    async def show_quarantined(self, number: int) -> system.RefusedWhole:
        """One refusal in full, with what was sent."""
        return await self._ask("GET", f"/v1/quarantine/{segment(number)}", {}, system.RefusedWhole)

    async def list_destinations(self) -> deliveries.Destinations:
        """Every destination: its state and why, people known, waiting, and values laid aside."""
        return await self._ask("GET", "/v1/destinations", {}, deliveries.Destinations)

    async def pause_destination(self, name: str) -> deliveries.Ordered:
        """Let nothing leave for a destination until it is resumed; what changes meanwhile waits."""
        return await self._ask(
            "POST", f"/v1/destinations/{segment(name)}/pause", {}, deliveries.Ordered
        )

    async def resume_destination(self, name: str) -> deliveries.Ordered:
        """Go on after a pause: what waits is sent as what it has come to."""
        return await self._ask(
            "POST", f"/v1/destinations/{segment(name)}/resume", {}, deliveries.Ordered
        )

    async def list_deliveries(
        self,
        *,
        destination: str | None = None,
        state: str | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> deliveries.Deliveries:
        """The latest attempts, newest first."""
        return await self._ask(
            "GET",
            "/v1/deliveries",
            {"destination": destination, "state": state, "before": before, "limit": limit},
            deliveries.Deliveries,
        )

    async def show_delivery(self, number: int) -> deliveries.DeliveryShown:
        """One attempt with its raw request and reply (secrets masked), person by person."""
        return await self._ask(
            "GET", f"/v1/deliveries/{segment(number)}", {}, deliveries.DeliveryShown
        )

    async def retry_delivery(self, number: int) -> deliveries.Ordered:
        """Have what an attempt laid aside sent again."""
        return await self._ask(
            "POST", f"/v1/deliveries/{segment(number)}/retry", {}, deliveries.Ordered
        )

    async def retry_deliveries(self) -> deliveries.Ordered:
        """Have everything that lies there sent again, at every destination."""
        return await self._ask("POST", "/v1/deliveries/retry", {}, deliveries.Ordered)

    async def service_level_objectives(
        self, *, window_seconds: int | None = None
    ) -> deliveries.Slo:
        """How fast and how surely changes reach destinations, against what is promised."""
        return await self._ask("GET", "/v1/slo", {"window_seconds": window_seconds}, deliveries.Slo)

    async def silence_alarms(self, destination: str, *, seconds: int = 3600) -> deliveries.Silenced:
        """Tell nobody of a destination's alarms for a while."""
        return await self._ask(
            "POST",
            "/v1/slo/silences",
            {},
            deliveries.Silenced,
            {"destination": destination, "seconds": seconds},
        )

    async def reconcile(
        self, destination: str, *, sample: int = 0, heal: bool = True
    ) -> deliveries.Started:
        """Read a destination back and compare it with the memberships."""
        return await self._ask(
            "POST",
            "/v1/reconciliations",
            {},
            deliveries.Started,
            {"destination": destination, "sample": sample, "heal": heal},
        )

    async def list_reconciliations(
        self, *, destination: str | None = None, limit: int | None = None
    ) -> deliveries.Reports:
        """Reports, newest first."""
        return await self._ask(
            "GET",
            "/v1/reconciliations",
            {"destination": destination, "limit": limit},
            deliveries.Reports,
        )

    async def show_reconciliation(self, report: str) -> deliveries.ReportShown:
        """One report with its first drifts, one by one."""
        return await self._ask(
            "GET", f"/v1/reconciliations/{segment(report)}", {}, deliveries.ReportShown
        )

    async def list_keys(self) -> access.Keys:
        """Every key there ever was, never its text."""
        return await self._ask("GET", "/v1/keys", {}, access.Keys)

    async def create_key(
        self,
        name: str,
        role: Literal["admin", "analyst", "builder", "owner", "viewer"],
        *,
        scopes: Sequence[str] = (),
        units_a_second: int = 0,
        expires: str | None = None,
    ) -> access.KeyMade:
        """Make a key."""
        return await self._ask(
            "POST",
            "/v1/keys",
            {},
            access.KeyMade,
            {
                "name": name,
                "role": role,
                "scopes": scopes,
                "units_a_second": units_a_second,
                "expires": expires,
            },
        )

    async def revoke_key(self, number: int) -> access.KeyShown:
        """End a key for good. The last owner's key stays."""
        return await self._ask("DELETE", f"/v1/keys/{segment(number)}", {}, access.KeyShown)

    async def list_changes(
        self, *, before: int | None = None, limit: int | None = None
    ) -> access.Changes:
        """Who changed what and when, newest first."""
        return await self._ask(
            "GET", "/v1/audit", {"before": before, "limit": limit}, access.Changes
        )
