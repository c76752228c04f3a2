"""The shop and its payment provider, both in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from shop import provider, storefront
from shop.payments import PaymentProvider


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestClient]:
    """A storefront that obeys faults and charges cards at the stub provider."""
    settings = storefront.Settings(tmp_path / "shop.db", "http://payments.test", faults=True)
    app = storefront.create_app(settings)
    with (
        TestClient(provider.create_app(), base_url="http://payments.test") as payments,
        TestClient(app, headers={"X-Customer": "ada"}, raise_server_exceptions=False) as client,
    ):
        app.state.payments = PaymentProvider(payments)
        yield client


class Unreachable(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)


@pytest.fixture
def unreachable() -> PaymentProvider:
    return PaymentProvider(httpx.Client(transport=Unreachable(), base_url="http://payments.test"))
