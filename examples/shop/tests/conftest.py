"""The shop and the payments service, both in this process, and the world outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from shop import outside, payments, storefront
from shop.charges import Payments
from shop.switches import Switches


@pytest.fixture
def faults(tmp_path: Path) -> Path:
    """The folder in which a file switches a fault on."""
    folder = tmp_path / "faults"
    folder.mkdir()
    return folder


@contextmanager
def serving(switches: Switches) -> Iterator[str]:
    """Everybody else's services; gives the address of the way to them."""
    server = outside.make(0, switches)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def proxy(faults: Path) -> Iterator[str]:
    with serving(Switches(faults)) as url:
        yield url


@pytest.fixture
def till(proxy: str) -> Iterator[Payments]:
    """The payments service, as the storefront sees it."""
    app = payments.create_app(payments.Settings("http://api.harbourpay.example", proxy))
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url="http://payments.test") as client:
        yield Payments(client)


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The orders that the worker was asked to follow up."""
    asked: list[int] = []
    monkeypatch.setattr(storefront, "follow_up", asked.append)
    return asked


@pytest.fixture
def shop(tmp_path: Path, faults: Path, till: Payments, orders: list[int]) -> Iterator[TestClient]:
    """A storefront that obeys faults and charges cards."""
    settings = storefront.Settings(
        tmp_path / "shop.db", "http://payments.test", faults=Switches(faults)
    )
    app = storefront.create_app(settings)
    with TestClient(app, headers={"X-Customer": "ada"}, raise_server_exceptions=False) as client:
        app.state.payments = till
        yield client


class Unreachable(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)


@pytest.fixture
def unreachable() -> Payments:
    return Payments(httpx.Client(transport=Unreachable(), base_url="http://payments.test"))
