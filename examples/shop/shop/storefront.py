"""The storefront: browse, fill a basket, pay.

Run it with ``gunicorn -c storefront.conf.py``, or with ``python -m shop`` while
working on it.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field

from shop import faults
from shop.catalogue import CartLine, Catalogue
from shop.charges import CardDeclined, Payments, PaymentsSilent, PaymentsUnavailable
from shop.switches import Switches
from shop.tasks import follow_up
from shop.timing import ServerTiming

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    database: Path
    payments_url: str
    payments_proxy: str | None = None
    faults: Switches = field(default_factory=Switches)
    bad_release: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            database=Path(os.environ.get("SHOP_DATABASE", "shop.db")),
            payments_url=os.environ.get("SHOP_PAYMENTS", "http://payments.shop.internal"),
            payments_proxy=os.environ.get("SHOP_PAYMENTS_PROXY"),
            faults=Switches.at(os.environ.get("SHOP_FAULTS")),
            bad_release=os.environ.get("SHOP_BAD_RELEASE") == "1",
        )


class NewCartLine(BaseModel):
    item_id: int
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class Checkout(BaseModel):
    card: Annotated[str, Field(pattern=r"^\d{16}$")]


def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.payments
    return payments


def _customer(x_customer: Annotated[str, Header(min_length=1, max_length=64)]) -> str:
    return x_customer


Goods = Annotated[Catalogue, Depends(_catalogue)]
Till = Annotated[Payments, Depends(_payments)]
Customer = Annotated[str, Depends(_customer)]

shop = APIRouter(dependencies=[Depends(faults.obey)])


@shop.get("/")
def front_page(goods: Goods) -> dict[str, object]:
    return {"items": [asdict(item) for item in goods.items()]}


@shop.get("/items/{item_id}")
def item_page(item_id: int, goods: Goods) -> dict[str, object]:
    item = goods.item(item_id)
    if item is None:
        raise HTTPException(404, "no such item")
    return asdict(item)


@shop.get("/cart")
def cart_page(customer: Customer, goods: Goods) -> dict[str, object]:
    lines = goods.cart(customer)
    return {"lines": [asdict(line) for line in lines], "total_cents": _total(lines)}


@shop.post("/cart/items", status_code=201)
def add_to_cart(line: NewCartLine, customer: Customer, goods: Goods) -> dict[str, object]:
    if goods.item(line.item_id) is None:
        raise HTTPException(404, "no such item")
    goods.put_in_cart(customer, line.item_id, line.quantity)
    return {"lines": [asdict(line) for line in goods.cart(customer)]}


@shop.post("/checkout", status_code=201, dependencies=[Depends(faults.bad_release)])
def checkout(order: Checkout, customer: Customer, goods: Goods, till: Till) -> dict[str, object]:
    lines = goods.cart(customer)
    if not lines:
        raise HTTPException(409, "the basket is empty")
    total = _total(lines)
    try:
        payment = till.charge(order.card, total)
    except CardDeclined as declined:
        raise HTTPException(402, str(declined)) from declined
    except PaymentsSilent as trouble:
        log.exception("charge of %s was not answered", customer)
        raise HTTPException(504, "payments do not answer") from trouble
    except PaymentsUnavailable as trouble:
        log.exception("charge failed for %s", customer)
        raise HTTPException(502, "payments cannot charge") from trouble
    order_id = goods.place_order(customer, total, payment.id)
    follow_up(order_id)
    log.info("order %d placed, %d cents", order_id, total)
    return {"order_id": order_id, "total_cents": total}


def _total(lines: list[CartLine]) -> int:
    return sum(line.item.price_cents * line.quantity for line in lines)


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # In each worker, after its fork: connections are not to be shared.
        with httpx.Client(
            base_url=settings.payments_url,
            proxy=settings.payments_proxy,
            timeout=5,
            trust_env=False,
        ) as client:
            app.state.payments = Payments(client)
            yield

    app = FastAPI(title="shop", lifespan=lifespan)
    app.state.settings = settings
    app.state.checkouts = itertools.count()
    app.state.catalogue = Catalogue(settings.database, settings.faults)
    # Before any worker is forked, because two cannot turn to WAL at once.
    app.state.catalogue.create()
    app.add_middleware(ServerTiming)
    app.include_router(shop)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
