"""Who comes to the shop: stable people with devices, drawn from the seed and a number."""

from __future__ import annotations

import random

import msgspec

FIRST_NAMES = (
    "Ana", "Ben", "Chiara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katja",
    "Luca", "Mira", "Noah", "Olga", "Pavel", "Quynh", "Rosa", "Sami", "Tessa", "Uwe", "Vera",
    "Wanda", "Xenia", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Adler", "Brandt", "Costa", "Duval", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanova",
    "Jansen", "Keller", "Lindt", "Moretti", "Novak", "Okafor", "Petit", "Quist", "Rossi",
    "Schmid", "Tanaka", "Ueda", "Vogel", "Weber", "Young", "Zeller",
)  # fmt: skip
COUNTRIES = ("AT", "CH", "CZ", "DE", "DE", "FR", "IT", "NO", "PT")
PLANS = ("free", "free", "free", "plus", "business")
REGISTERED_SHARE = 0.75
TWO_DEVICES_SHARE = 0.5


class Person(msgspec.Struct, frozen=True):
    """One visitor. `devices` are anonymous ids; the first is where they usually are.

    `taste` scales prices: a person who buys cheap things does so each time. `attention` is the
    share of e-mails they open.
    """

    number: int
    user_id: str
    name: str
    email: str
    country: str
    plan: str
    registered: bool
    devices: tuple[str, ...]
    taste: float
    attention: float


def person(seed: int, number: int) -> Person:
    """The person of this number; the same for the same seed, always."""
    rng = random.Random(f"{seed}:person:{number}")
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    device_count = 2 if rng.random() < TWO_DEVICES_SHARE else 1
    return Person(
        number=number,
        user_id=f"u{number:05}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        country=rng.choice(COUNTRIES),
        plan=rng.choice(PLANS),
        registered=rng.random() < REGISTERED_SHARE,
        devices=tuple(f"d{seed}-{number:05}-{index}" for index in range(device_count)),
        taste=rng.choice((0.4, 0.7, 1.0, 1.0, 1.6, 2.4)),
        attention=rng.choice((0.1, 0.3, 0.6, 0.95)),
    )
