"""Warnings about how audiences are kept: owner, review date, review overdue. Never errors."""

from __future__ import annotations

from ebbline.definitions.project.rules import Draft


def govern(audiences: dict[str, Draft], today: str | None) -> None:
    """Note warnings in the drafts' documents; `today` (an ISO date) decides what is overdue."""
    for draft in audiences.values():
        if draft.row.get("archived"):
            continue
        if not draft.row.get("owner"):
            message = f"audience {draft.name} has no owner"
            draft.document.problem(draft.key, "no_owner", message, "write owner:", warning=True)
        review_by = draft.row.get("review_by")
        if not review_by:
            message = f"audience {draft.name} has no review date"
            hint = "write review_by:"
            draft.document.problem(draft.key, "no_review_date", message, hint, warning=True)
        elif today is not None and review_by < today:
            place = draft.row.place("review_by")
            message = f"audience {draft.name} was to be reviewed by {review_by}"
            draft.document.problem(place, "review_overdue", message, warning=True)
