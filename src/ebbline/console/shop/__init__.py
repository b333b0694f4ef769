"""A simulated shop: what its website, app and mail system would send, from one seed.

`Shop` is the door. Nothing here reads a clock, sends or decides: time is an argument.
"""

from __future__ import annotations

from ebbline.console.shop.shop import Shop

__all__ = ["Shop"]
