"""What the storefront gets from the payments service."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from shop.payments import Settings, create_app

GOOD = {"card": "4242424242424242", "amount_cents": 4_900}


def client(proxy: str) -> FlaskClient:
    return create_app(Settings("http://api.harbourpay.example", proxy)).test_client()


@pytest.mark.parametrize(
    ("card", "status"),
    [("4242424242424242", 201), ("4000000000000002", 402), ("4000000000000119", 502)],
)
def test_the_card_decides(proxy: str, card: str, status: int) -> None:
    assert client(proxy).post("/charges", json=GOOD | {"card": card}).status_code == status


@pytest.mark.parametrize(
    "order",
    [
        None,
        [],
        {},
        GOOD | {"card": "42"},
        GOOD | {"card": 4242424242424242},
        GOOD | {"amount_cents": 0},
        GOOD | {"amount_cents": "4900"},
        GOOD | {"amount_cents": True},
        GOOD | {"amount_cents": 10_000_001},
    ],
)
def test_nonsense_is_not_charged(proxy: str, order: object) -> None:
    assert client(proxy).post("/charges", json=order).status_code == 422


def test_an_unreachable_card_company_is_a_bad_gateway() -> None:
    assert client("http://127.0.0.1:9").post("/charges", json=GOOD).status_code == 502


def test_a_card_company_that_hangs_is_a_gateway_timeout(proxy: str, faults: Path) -> None:
    (faults / "provider-timeout").touch()
    assert client(proxy).post("/charges", json=GOOD).status_code == 504
    (faults / "provider-timeout").unlink()


def test_health(proxy: str) -> None:
    assert client(proxy).get("/healthz").status_code == 200
