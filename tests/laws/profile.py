"""How many random cases each law tries, and how hypothesis is to behave while it does."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

CASES = int(os.environ.get("EBBLINE_CASES", "200"))
"""`make check` sets 2000 or more; the default keeps a quick run quick."""

law = settings(
    max_examples=CASES,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
