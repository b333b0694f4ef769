"""Registers the hypothesis profile of the laws; they apply it themselves (see `profile`)."""

from __future__ import annotations

from hypothesis import settings

from tests.laws.profile import law

settings.register_profile("laws", law)
