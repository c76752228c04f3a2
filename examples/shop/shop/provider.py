"""A stand-in for the payment company: another process, another service.

The card number decides the answer, as in the sandboxes of real providers.
"""

from __future__ import annotations

import itertools
from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

DECLINED_CARD = "4000000000000002"
OUTAGE_CARD = "4000000000000119"


class Charge(BaseModel):
    card: Annotated[str, Field(pattern=r"^\d{16}$")]
    amount_cents: Annotated[int, Field(ge=1, le=10_000_000)]


def create_app() -> FastAPI:
    app = FastAPI(title="payment provider (stub)")
    numbers = itertools.count(1)

    @app.post("/v1/charges", status_code=201)
    def charge(order: Charge) -> dict[str, str]:
        if order.card == DECLINED_CARD:
            raise HTTPException(402, "card declined")
        if order.card == OUTAGE_CARD:
            raise HTTPException(503, "acquirer unreachable")
        return {"id": f"ch_{next(numbers):06d}"}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
