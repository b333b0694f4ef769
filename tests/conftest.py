"""How many random cases a law is tried on: EBBLINE_CASES, few by default."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ebbline",
    max_examples=int(os.environ.get("EBBLINE_CASES", "100")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ebbline")
