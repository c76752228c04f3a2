"""The storefront: browse, fill a basket, pay.

Run it with ``uvicorn --factory shop.storefront:create_app``.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field

from shop import faults
from shop.catalogue import CartLine, Catalogue
from shop.payments import CardDeclined, PaymentProvider, ProviderUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    database: Path
    payments_url: str
    faults: bool = False
    bad_release: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            database=Path(os.environ.get("SHOP_DATABASE", "shop.db")),
            payments_url=os.environ.get("SHOP_PAYMENTS_URL", "http://127.0.0.1:8001"),
            faults=os.environ.get("SHOP_FAULTS") == "1",
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


def _payments(request: Request) -> PaymentProvider:
    payments: PaymentProvider = request.app.state.payments
    return payments


def _customer(x_customer: Annotated[str, Header(min_length=1, max_length=64)]) -> str:
    return x_customer


Goods = Annotated[Catalogue, Depends(_catalogue)]
Payments = Annotated[PaymentProvider, Depends(_payments)]
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
def checkout(
    order: Checkout, customer: Customer, goods: Goods, payments: Payments
) -> dict[str, object]:
    lines = goods.cart(customer)
    if not lines:
        raise HTTPException(409, "the basket is empty")
    total = _total(lines)
    try:
        payment = payments.charge(order.card, total)
    except CardDeclined as declined:
        raise HTTPException(402, str(declined)) from declined
    except ProviderUnavailable as trouble:
        log.exception("charge failed for %s", customer)
        raise HTTPException(502, "the payment provider does not answer") from trouble
    order_id = goods.place_order(customer, total, payment.id)
    log.info("order %d placed, %d cents", order_id, total)
    return {"order_id": order_id, "total_cents": total}


def _total(lines: list[CartLine]) -> int:
    return sum(line.item.price_cents * line.quantity for line in lines)


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.catalogue.create()
        with httpx.Client(base_url=settings.payments_url, timeout=5) as client:
            app.state.payments = PaymentProvider(client)
            yield

    app = FastAPI(title="shop", lifespan=lifespan)
    app.state.settings = settings
    app.state.checkouts = itertools.count()
    app.state.catalogue = Catalogue(settings.database)
    app.include_router(shop)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
