"""How long to wait before trying again."""

from __future__ import annotations

from ebbline.delivery.limits import RETRY_FIRST_MS, RETRY_MS_MAX


def backoff_ms(failures: int, jitter: float) -> int:
    """Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"): anything from
    nothing up to a ceiling that doubles from 1 s to 5 min. `jitter` lies in [0, 1).

    >>> backoff_ms(1, 0.5), backoff_ms(4, 0.5), backoff_ms(60, 0.5)
    (500, 4000, 150000)
    """
    ceiling = min(RETRY_MS_MAX, RETRY_FIRST_MS << min(max(failures - 1, 0), 32))
    return int(ceiling * jitter)
