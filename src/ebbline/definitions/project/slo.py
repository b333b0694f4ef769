"""`slo:` in `ebbline.yml`, and `probe:` of a destination: what is promised, and who is told."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation

from ebbline.definitions.durations import format_duration
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.limits import (
    ALERTS_MAX,
    LATENCY_ALERT_MS_DEFAULT,
    LATENCY_OBJECTIVE_MS_DEFAULT,
    PROBE_MS_MIN,
    SLO_WINDOW_MS_DEFAULT,
    SLO_WINDOW_MS_MAX,
    SLO_WINDOW_MS_MIN,
    SUCCESS_DEFAULT,
)
from ebbline.definitions.plan import AlertDef, ProbeDef, SloDef, SyncDef
from ebbline.definitions.project.reading import Read

_REFERENCE = re.compile(r"(?:env|file|store):.+")
_WEB = re.compile(r"https://[^/@\s]+(/\S*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/\S*)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SMTP = re.compile(r"smtps?://([^@/\s:]+(@[^@/\s:]+)?@)?[^@/\s:]+(:\d{1,5})?")
PROBE_EVENT = "Ebbline Probe"
PROBE_USER = "ebbline-probe"


def read_slo(row: Read | None) -> SloDef:
    """What a project promises; the usual where it says nothing."""
    if row is None:
        return SloDef()
    alert_ms = row.get("latency_alert") or LATENCY_ALERT_MS_DEFAULT
    objective_ms = row.get("latency_objective") or LATENCY_OBJECTIVE_MS_DEFAULT
    if objective_ms < alert_ms and row.get("latency_alert") is None:
        alert_ms = objective_ms
    if alert_ms > objective_ms:
        message = "an alert that comes after the objective is missed comes too late"
        hint = f"write at most {format_duration(objective_ms)}"
        row.problem("latency_alert", "bad_objective", message, hint)
    return SloDef(alert_ms, objective_ms, _success(row), _window_ms(row), _alerts(row))


def _success(row: Read) -> float:
    """A share from a text such as `99.9%`."""
    text: str | None = row.get("success")
    if text is None:
        return SUCCESS_DEFAULT
    try:
        share = Decimal(text.removesuffix("%").strip()) / 100
    except InvalidOperation:
        share = Decimal(0)
    if not Decimal("0.5") <= share < 1:
        message = "an objective is a share of at least 50 % and below 100 %"
        row.problem("success", "bad_objective", message, "write it like 99.9%")
        return SUCCESS_DEFAULT
    return float(share)


def _window_ms(row: Read) -> int:
    window_ms: int = row.get("window") or SLO_WINDOW_MS_DEFAULT
    if not SLO_WINDOW_MS_MIN <= window_ms <= SLO_WINDOW_MS_MAX:
        least, most = format_duration(SLO_WINDOW_MS_MIN), format_duration(SLO_WINDOW_MS_MAX)
        message = f"the window of an objective is from {least} to {most}"
        row.problem("window", "bad_objective", message, "write 30d")
        return SLO_WINDOW_MS_DEFAULT
    return window_ms


def _alerts(row: Read) -> tuple[AlertDef, ...]:
    rows: list[Read] = row.get("alerts") or []
    if len(rows) > ALERTS_MAX:
        row.problem("alerts", "too_many", f"at most {ALERTS_MAX} receivers of alerts")
    return tuple(made for each in rows if (made := _alert(each)) is not None)


def _alert(row: Read) -> AlertDef | None:
    if row.broken:
        return None
    webhook, email = row.get("webhook", ""), row.get("email", "")
    if bool(webhook) == bool(email):
        message = "an alert goes to a webhook: or to an email:, one of them"
        row.document.problem(row.at, "bad_alert", message)
        return None
    for key in ("secret", "password"):
        if row.get(key) and not _REFERENCE.fullmatch(row.get(key)):
            message = f"{key} is a secret and must not stand in a file of the project"
            row.problem(key, "literal_secret", message, "write env:NAME or file:PATH")
    found = _check_webhook(row, webhook) if webhook else _check_email(row, email)
    return AlertDef(
        webhook, row.get("secret", ""), email, row.get("smtp", ""), row.get("from", ""),
        row.get("password", ""),
    ) if found else None  # fmt: skip


def _check_webhook(row: Read, webhook: str) -> bool:
    for key in ("smtp", "from", "password"):
        if row.get(key):
            row.problem(key, "bad_alert", f"{key} belongs to email:, not to webhook:")
    if not (_WEB.fullmatch(webhook) or _REFERENCE.fullmatch(webhook)):
        message = "a webhook is an address that begins with https://, or a reference to one"
        row.problem("webhook", "bad_alert", message, "write https://... or env:NAME")
        return False
    return True


def _check_email(row: Read, email: str) -> bool:
    if row.get("secret"):
        row.problem("secret", "bad_alert", "secret belongs to webhook:, not to email:")
    wrong = [k for k in ("email", "from") if row.get(k) and not _MAIL.fullmatch(row.get(k))]
    for key in wrong:
        row.problem(key, "bad_alert", f"{row.get(key)} is no e-mail address")
    if not _SMTP.fullmatch(row.get("smtp", "")):
        message = "an alert by e-mail needs the server it is handed to"
        hint = "write smtp: smtp://user@mail.example.com:587, or smtps:// for TLS from the start"
        row.problem("smtp", "bad_alert", message, hint)
        return False
    return not wrong


def read_probe(row: Read | None, syncs: Collection[SyncDef]) -> ProbeDef | None:
    """The probe of a destination that receives `syncs`; None where there is none."""
    if row is None or row.broken:
        return None
    every_ms: int = row.get("every")
    if every_ms < PROBE_MS_MIN:
        least = format_duration(PROBE_MS_MIN)
        row.problem("every", "bad_probe", f"a probe runs at most every {least}", "write 5m")
    trait: str = row.get("trait")
    traits = [sync.trait for sync in syncs if sync.trait]
    if trait not in traits:
        message = f"the destination receives no trait {trait}, so a probe would never get there"
        near = did_you_mean(trait, traits, quoted=False)
        row.problem("trait", "bad_probe", message, near or f"add - {{trait: {trait}}} to its sync")
    user, event = row.get("user") or PROBE_USER, row.get("event") or PROBE_EVENT
    return ProbeDef(every_ms, user, event, trait)
