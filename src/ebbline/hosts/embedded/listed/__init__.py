"""Audiences whose users wrote SQL: run at each refresh, the difference goes into the log."""

from ebbline.hosts.embedded.listed.listing import Listed, Lists, listed

__all__ = ["Listed", "Lists", "listed"]
