"""Warnings about how audiences are kept: owner, review date, review overdue. Never errors."""

from __future__ import annotations

from ebbline.definitions.project.rules import Draft

_WANTED = (("owner", "no owner", "no_owner"), ("review_by", "no review date", "no_review_date"))


def govern(audiences: dict[str, Draft], today: str | None) -> None:
    """Note warnings in the drafts' documents; `today` (an ISO date) decides what is overdue."""
    for draft in audiences.values():
        if draft.row.get("archived"):
            continue
        _incomplete(draft)
        review_by = draft.row.get("review_by")
        if review_by and today is not None and review_by < today:
            place = draft.row.place("review_by")
            message = f"audience {draft.name} was to be reviewed by {review_by}"
            draft.document.problem(place, "review_overdue", message, warning=True)


def _incomplete(draft: Draft) -> None:
    """One warning for all that an audience lacks, named after the first of it."""
    missing = [each for each in _WANTED if not draft.row.get(each[0])]
    if missing:
        message = f"audience {draft.name} has " + " and ".join(words for _, words, _ in missing)
        hint = "write " + " and ".join(f"{key}:" for key, _, _ in missing)
        draft.document.problem(draft.key, missing[0][2], message, hint, warning=True)
