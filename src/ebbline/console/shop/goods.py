"""What the shop sells."""

from __future__ import annotations

import random
from typing import Any

import msgspec


class Product(msgspec.Struct, frozen=True):
    """One thing on the shelf; `price` in euros."""

    product_id: str
    name: str
    category: str
    price: float


SHELF = tuple(
    Product(f"p{number:02}", name, category, price)
    for number, (name, category, price) in enumerate(
        [
            ("Trail lamp", "camping", 39.0),
            ("Two-person tent", "camping", 289.0),
            ("Down sleeping bag", "camping", 219.0),
            ("Gas stove", "camping", 64.0),
            ("Folding chair", "camping", 45.0),
            ("Day pack", "packs", 89.0),
            ("Trekking pack 60 l", "packs", 249.0),
            ("Dry bag", "packs", 24.0),
            ("Rain shell", "clothing", 179.0),
            ("Merino shirt", "clothing", 74.0),
            ("Wool socks", "clothing", 18.0),
            ("Hiking boots", "shoes", 199.0),
            ("Trail shoes", "shoes", 139.0),
            ("Touring bike", "bikes", 1249.0),
            ("Bike bags", "bikes", 129.0),
            ("Compass", "tools", 29.0),
            ("Satellite messenger", "tools", 349.0),
            ("Water filter", "tools", 54.0),
        ]
    )
)


def choose(rng: random.Random, taste: float) -> Product:
    """A product for somebody's purse: the nearest of three to what they like to spend."""
    wish = 90.0 * taste * rng.uniform(0.5, 2.0)
    return min(rng.sample(SHELF, 3), key=lambda product: abs(product.price - wish))


def shown(product: Product, quantity: int = 1) -> dict[str, Any]:
    """The product object of the Segment e-commerce spec."""
    return {
        "product_id": product.product_id,
        "sku": f"SKU-{product.product_id}",
        "name": product.name,
        "category": product.category,
        "brand": "Ebb & Flow",
        "price": product.price,
        "quantity": quantity,
        "currency": "EUR",
    }
