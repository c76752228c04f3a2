"""The payments service: the only one of ours that talks to the card company.

A Flask application. Run it with ``gunicorn -c payments.conf.py``.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from typing import Any

import requests
from flask import Flask, request

from shop.outgoing import session

log = logging.getLogger(__name__)

# How long the card company may take: to connect, and for its answer. Whoever
# waits longer has closed the tab.
PATIENCE = (0.5, 1.5)

MOST_CENTS = 10_000_000

Answer = tuple[dict[str, Any], int]


@dataclass(frozen=True)
class Settings:
    card_company: str
    proxy: str | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            card_company=os.environ.get("SHOP_CARD_COMPANY", "http://api.harbourpay.example"),
            proxy=os.environ.get("SHOP_PROXY"),
        )


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or Settings.from_environment()
    app = Flask("payments")
    company = session(settings.proxy)

    @app.post("/charges")
    def charge() -> Answer:
        order = request.get_json(silent=True)
        if not valid(order):
            return {"detail": "want card, 16 digits, and amount_cents"}, 422
        try:
            answer = company.post(
                settings.card_company + "/v1/charges", json=order, timeout=PATIENCE
            )
        except requests.Timeout:
            log.exception("the card company did not answer in time")
            return {"detail": "the card company does not answer"}, 504
        except requests.RequestException:
            log.exception("the card company cannot be reached")
            return {"detail": "the card company cannot be reached"}, 502
        if answer.status_code == 402:
            return {"detail": "card declined"}, 402
        if not answer.ok:
            log.error("the card company answered %d", answer.status_code)
            return {"detail": "the card company failed"}, 502
        return {"id": answer.json()["id"]}, 201

    @app.get("/healthz")
    def healthz() -> Answer:
        return {"status": "ok"}, 200

    return app


def valid(order: Any) -> bool:
    """A charge is one that a card company could read."""
    if not isinstance(order, dict):
        return False
    card, cents = order.get("card"), order.get("amount_cents")
    return (
        isinstance(card, str)
        and re.fullmatch(r"\d{16}", card) is not None
        and type(cents) is int  # not a bool, which is an int too
        and 1 <= cents <= MOST_CENTS
    )
