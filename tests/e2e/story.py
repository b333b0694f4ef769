"""One story, told to Ebbline through somebody else's SDK: a device, a login, two people, a team.

Calls are written as the Segment spec names their fields; each SDK's driver translates them into
its own. The SDKs stamp calls with the machine's clock, the collector moves them to the virtual
one, so here they happened at most some real seconds before the instant of their arrival.
"""

from __future__ import annotations

from typing import Any

Call = dict[str, Any]


def prices(**who: str) -> Call:
    """A look at the pricing page."""
    return {
        "method": "page",
        "name": "Pricing",
        "properties": {"path": "/pricing", "url": "https://shop.example/pricing"},
        **who,
    }


def demo(**who: str) -> Call:
    """A demo video, 30 points."""
    return {"method": "track", "event": "Demo Watched", "properties": {"video_id": "v1"}, **who}


def product(**who: str) -> Call:
    """A look at a product."""
    about = {"product_id": "p1", "price": 24.5}
    return {"method": "track", "event": "Product Viewed", "properties": about, **who}


def login(user: str, device: str, **traits: Any) -> Call:
    """The call that says whose device it is."""
    return {"method": "identify", "userId": user, "anonymousId": device, "traits": traits}


# Nobody has logged in yet: Braze can only know a device, as a user alias.
UNKNOWN = [prices(anonymousId="phone")] * 3 + [demo(anonymousId="phone")] * 3

# The device's owner says who she is; a product view makes her close to buying.
ANA = [login("ana", "phone", email="ana@example.com"), product(userId="ana", anonymousId="phone")]

# A person known from elsewhere and a device nobody knows: two people so far.
TWO_PEOPLE = [demo(userId="ben"), product(userId="ben"), *[demo(anonymousId="laptop")] * 2]

# One call with both ids makes them one, and what both did counts together.
MERGE = [login("ben", "laptop")]

TEAM = [
    {
        "method": "group",
        "userId": "ana",
        "groupId": "acme",
        "traits": {"name": "Acme", "plan": "pro"},
    }
]

# The old way of linking: an alias call, without an anonymousId of its own.
TABLET = [prices(anonymousId="tablet")] * 3
ALIAS = [{"method": "alias", "userId": "cleo", "previousId": "tablet"}]
