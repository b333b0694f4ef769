"""Every spelling of a known event is one name; unknown names are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbline.events import ga4, limits
from ebbline.events.names import Names, fold
from ebbline.events.segment import SEMANTIC_NAMES, V1_NAMES

NAMES = st.sampled_from(
    ["a", "A", "b", "C_d", "c D", "purchase", "Order Completed", "order_completed", "Bought"]
)


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("add_to_cart", "Product Added"),
        ("Add To Cart", "Product Added"),
        ("product viewed", "Product Viewed"),
        ("PRODUCT_VIEWED", "Product Viewed"),
        ("Completed Order", "Order Completed"),
        ("begin_checkout", "Checkout Started"),
        ("page_view", "Page Viewed"),
        ("login", "Signed In"),
        ("Email Marked As Spam", "Email Marked as Spam"),
        ("my_event", "my_event"),
        ("My Event", "My Event"),
        ("", ""),
    ],
)
def test_built_in_names(spelling, canonical):
    assert Names().canonical(spelling) == canonical


@pytest.mark.parametrize(
    ("aliases", "spelling", "canonical"),
    [
        ({"sale": "Order Completed"}, "SALE", "Order Completed"),
        ({"sale": "purchase"}, "sale", "Order Completed"),
        ({"purchase": "purchase"}, "Purchase", "Order Completed"),
        ({"Demo Watched": "Demo Watched"}, "demo_watched", "Demo Watched"),
        ({"purchase": "Bought"}, "purchase", "Bought"),
        ({"a": "b", "b": "Demo Watched"}, "a", "Demo Watched"),
        ({"a": "b", "b": "a"}, "a", "a"),
    ],
)
def test_aliases_of_the_tracking_plan(aliases, spelling, canonical):
    assert Names(aliases).canonical(spelling) == canonical


def test_canonical_names_are_their_own():
    names = Names()
    for name in (*SEMANTIC_NAMES, *V1_NAMES.values(), *ga4.NAMES.values()):
        assert names.canonical(names.canonical(name)) == name


@given(st.dictionaries(NAMES, NAMES, max_size=8), NAMES)
def test_canonical_names_stay(aliases, name):
    names = Names(aliases)
    canonical = names.canonical(name)
    assert names.canonical(canonical) == canonical


def test_a_name_is_known_by_one_spelling_only():
    folded = [fold(name) for name in (*SEMANTIC_NAMES, *V1_NAMES, *ga4.NAMES)]
    assert len(folded) == len(set(folded))


def test_made_up_names_do_not_grow_memory(monkeypatch):
    monkeypatch.setattr(limits, "NAME_CACHE_MAX", 3)
    names = Names()
    for number in range(10):
        assert names.canonical(f"made up {number}") == f"made up {number}"
    assert len(names._cache) == 3


def test_a_ga4_alias_of_the_plan_keeps_its_properties_form():
    _name, form = Names({"purchase": "Bought"}).find("purchase")
    properties = {"value": 3, "transaction_id": "T", "order_id": "mine", "items": [1, {}]}
    form.extend(properties)
    assert properties == {
        "value": 3,
        "revenue": 3,
        "transaction_id": "T",
        "order_id": "mine",
        "items": [1, {}],
        "products": [1, {}],
    }


@pytest.mark.parametrize("items", [None, 3, "x", {}, [], [None], [{}, {}], [{"item_id": None}]])
def test_odd_items_never_raise(items):
    for form in ga4.FORMS.values():
        form.extend({"items": items})
