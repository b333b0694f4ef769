"""Google Analytics 4 names as Segment names: events, their parameters, and items as products.

It only adds Segment's property names beside GA4's own and never overwrites a property that was
sent. It does not read GA4's wire formats (Measurement Protocol, gtag).
"""

from __future__ import annotations

from typing import Any, Final

NAMES: Final = {
    "page_view": "Page Viewed",
    "screen_view": "Screen Viewed",
    "search": "Products Searched",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "view_item": "Product Viewed",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "add_to_wishlist": "Product Added to Wishlist",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "add_shipping_info": "Checkout Step Completed",
    "add_payment_info": "Payment Info Entered",
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
    "share": "Product Shared",
    "sign_up": "Signed Up",
    "login": "Signed In",
    "generate_lead": "Lead Captured",
}

_PRODUCT: Final = {
    "item_id": "product_id",
    "item_name": "name",
    "item_brand": "brand",
    "item_category": "category",
    "item_variant": "variant",
    "index": "position",
}
_SHARED: Final = {
    "transaction_id": "order_id",
    "payment_type": "payment_method",
    "shipping_tier": "shipping_method",
    "search_term": "query",
    "item_list_id": "list_id",
}
_PROMOTION: Final = {
    "promotion_name": "name",
    "creative_name": "creative",
    "creative_slot": "position",
}
_PAGE: Final = {
    "page_location": "url",
    "page_path": "path",
    "page_title": "title",
    "page_referrer": "referrer",
}
_SPECIAL: Final[dict[str, dict[str, str]]] = {
    "page_view": _PAGE,
    "purchase": _SHARED | {"value": "revenue"},
    "refund": _SHARED | {"value": "revenue"},
    "view_promotion": _SHARED | _PROMOTION,
    "select_promotion": _SHARED | _PROMOTION,
}
# Segment gives these one product, flat; GA4 puts the same product into a list of one item.
_ONE_PRODUCT: Final = frozenset(
    {"select_item", "view_item", "add_to_cart", "remove_from_cart", "add_to_wishlist", "share"}
)


class Form:
    """How the properties of one GA4 event become Segment's."""

    __slots__ = ("_keys", "_one_product")

    def __init__(self, keys: dict[str, str], *, one_product: bool) -> None:
        self._keys = keys
        self._one_product = one_product

    def extend(self, properties: dict[str, Any]) -> None:
        """Add Segment's names to `properties` in place; what was sent stays as it was."""
        _add(properties, self._keys)
        items = properties.get("items")
        if not isinstance(items, list):
            return
        if "products" not in properties:
            properties["products"] = [_product(item) for item in items]
        if self._one_product and len(items) == 1 and isinstance(items[0], dict):
            for key, value in _product(items[0]).items():
                properties.setdefault(key, value)


def _add(properties: dict[str, Any], keys: dict[str, str]) -> None:
    for ga4, segment in keys.items():
        if ga4 in properties and segment not in properties:
            properties[segment] = properties[ga4]


def _product(item: Any) -> Any:
    """One GA4 item under Segment's names only.

    `products` lies beside `items`, so nothing is lost by leaving the old names out.
    """
    if not isinstance(item, dict):
        return item
    product = {key: value for key, value in item.items() if key not in _PRODUCT}
    for ga4, segment in _PRODUCT.items():
        if ga4 in item:
            product.setdefault(segment, item[ga4])
    return product


FORMS: Final[dict[str, Form]] = {
    name: Form(
        _SPECIAL.get(name, _SHARED) | (_PRODUCT if name in _ONE_PRODUCT else {}),
        one_product=name in _ONE_PRODUCT,
    )
    for name in NAMES
}
