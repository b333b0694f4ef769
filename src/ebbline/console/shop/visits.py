"""The kinds of visit and of e-mail: what people do in a shop, one small function each."""

from __future__ import annotations

import random
from collections.abc import Callable

from ebbline.console.shop.goods import Product, choose, shown
from ebbline.console.shop.limits import MINUTE_MS
from ebbline.console.shop.people import Person
from ebbline.console.shop.script import Script

Visit = Callable[[Script, random.Random], None]


def profile_traits(who: Person) -> dict[str, object]:
    """What a login tells about somebody."""
    return {
        "email": who.email,
        "name": who.name,
        "first_name": who.name.split()[0],
        "plan": who.plan,
        "country": who.country,
    }


def look(script: Script, rng: random.Random, count: int) -> Product:
    """Looks at some products; the last one is what stays in mind."""
    product = choose(rng, script.who.taste)
    for _ in range(count):
        product = choose(rng, script.who.taste)
        script.page(product.name, f"/products/{product.product_id}")
        script.now_ms += rng.randint(40, 400)
        script.track("Product Viewed", **shown(product), value=product.price)
        script.wait(rng, 35)
    return product


def browse(script: Script, rng: random.Random) -> None:
    """Looks around and leaves."""
    script.page("Home", "/")
    script.wait(rng, 12)
    if rng.random() < 0.4:
        script.track("Products Searched", query=choose(rng, script.who.taste).name.lower())
        script.wait(rng, 10)
    category = choose(rng, script.who.taste).category
    script.track("Product List Viewed", list_id=category, category=category)
    script.wait(rng, 20)
    look(script, rng, rng.randint(1, 5))


def weigh(script: Script, rng: random.Random) -> None:
    """Thinks about buying: demo videos, and the pricing page again and again."""
    product = look(script, rng, 1)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        script.track("Demo Watched", video_id=f"demo-{product.product_id}")
        script.wait(rng, 90)
    for _ in range(rng.choice((1, 2, 3, 3, 4))):
        script.page("Pricing", "/pricing")
        script.wait(rng, 60)
        if rng.random() < 0.5:
            look(script, rng, 1)


def fill_cart(script: Script, rng: random.Random) -> list[Product]:
    """Puts one to three things into a cart."""
    cart = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        product = look(script, rng, rng.randint(1, 2))
        script.track("Product Added", cart_id=f"c-{script.key}", **shown(product))
        cart.append(product)
        script.wait(rng, 20)
    script.track("Cart Viewed", cart_id=f"c-{script.key}", products=[shown(item) for item in cart])
    script.wait(rng, 15)
    return cart


def abandon(script: Script, rng: random.Random) -> None:
    """Fills a cart and goes away."""
    browse(script, rng)
    cart = fill_cart(script, rng)
    if rng.random() < 0.5:
        total = round(sum(item.price for item in cart), 2)
        script.track("Checkout Started", order_id=f"o-{script.key}", value=total, currency="EUR")


def buy(script: Script, rng: random.Random) -> None:
    """Fills a cart, pays, and gets a confirmation; who pays is a customer, by name."""
    browse(script, rng)
    cart = fill_cart(script, rng)
    if not script.known:
        script.login(**profile_traits(script.who))
        script.wait(rng, 10)
    order(script, round(sum(item.price for item in cart), 2), cart)
    script.wait(rng, 20)
    script.mail("Email Delivered", campaign_id=f"order-{script.key}", category="transactional")


def order(script: Script, total: float, cart: list[Product]) -> None:
    """The order itself, and what the shop now knows."""
    products = [shown(item) for item in cart]
    script.track("Checkout Started", order_id=f"o-{script.key}", value=total, currency="EUR")
    script.now_ms += MINUTE_MS // 3
    script.track(
        "Order Completed",
        order_id=f"o-{script.key}",
        revenue=total,
        total=round(total * 1.05, 2),
        currency="EUR",
        products=products,
    )
    script.now_ms += 250
    script.login(is_customer=True)


def app(script: Script, rng: random.Random) -> None:
    """A short look into the app."""
    script.screen("Start")
    script.wait(rng, 8)
    look(script, rng, rng.randint(1, 3))


def campaign(script: Script, rng: random.Random, campaign_id: str) -> None:
    """A marketing e-mail; whoever pays attention opens it, and sometimes clicks."""
    about = {"campaign_id": campaign_id, "email_id": f"m-{script.key}", "category": "marketing"}
    script.mail("Email Delivered", **about)
    if rng.random() >= script.who.attention:
        return
    script.wait(rng, 900)
    script.mail("Email Opened", **about)
    if rng.random() < 0.3:
        script.wait(rng, 20)
        script.mail("Email Link Clicked", **about, link_url="https://shop.example/sale")


# Kinds of visit with their weights; on the first device, then on a second one.
MAIN_VISITS: tuple[tuple[Visit, int], ...] = ((browse, 40), (weigh, 25), (abandon, 17), (buy, 18))
SECOND_VISITS: tuple[tuple[Visit, int], ...] = ((browse, 45), (app, 35), (weigh, 20))


def visit(script: Script, rng: random.Random, *, second: bool) -> None:
    """One visit of a kind that fits the device; some people log in on the way."""
    kinds = SECOND_VISITS if second else MAIN_VISITS
    act = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
    act(script, rng)
    if not script.known and script.who.registered and rng.random() < 0.5:
        script.wait(rng, 5)
        script.login(**profile_traits(script.who))
        script.wait(rng, 5)
        if script.who.plan == "business":
            firm = f"firm-{script.who.number % 40:02}"
            script.group(firm, name=f"Firm {script.who.number % 40}", plan="business")
        look(script, rng, 1)
