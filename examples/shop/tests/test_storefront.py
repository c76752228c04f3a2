"""What a customer of the shop sees."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from shop.catalogue import SLOW_SECONDS
from shop.charges import Payments
from shop.storefront import Settings, create_app
from shop.switches import Switches

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
OUTAGE_CARD = "4000000000000119"


def fill(shop: TestClient, item_id: int = 3, quantity: int = 2) -> None:
    answer = shop.post("/cart/items", json={"item_id": item_id, "quantity": quantity})
    assert answer.status_code == 201


def test_the_front_page_lists_what_is_on_sale(shop: TestClient) -> None:
    items = shop.get("/").json()["items"]
    assert len(items) == 8
    assert items[2] == {"id": 3, "name": "Brass sextant", "price_cents": 32_000}


@pytest.mark.parametrize(
    ("path", "status"), [("/items/3", 200), ("/items/99", 404), ("/items/x", 422)]
)
def test_item_page(shop: TestClient, path: str, status: int) -> None:
    assert shop.get(path).status_code == status


def test_a_paid_basket_is_empty_afterwards(shop: TestClient, orders: list[int]) -> None:
    fill(shop)
    assert shop.get("/cart").json()["total_cents"] == 64_000
    answer = shop.post("/checkout", json={"card": GOOD_CARD})
    assert (answer.status_code, answer.json()) == (201, {"order_id": 1, "total_cents": 64_000})
    assert shop.get("/cart").json() == {"lines": [], "total_cents": 0}
    assert orders == [1]


@pytest.mark.parametrize(("card", "status"), [(DECLINED_CARD, 402), (OUTAGE_CARD, 502)])
def test_an_unpaid_basket_stays_filled(
    shop: TestClient, orders: list[int], card: str, status: int
) -> None:
    fill(shop)
    assert shop.post("/checkout", json={"card": card}).status_code == status
    assert shop.get("/cart").json()["total_cents"] == 64_000
    assert orders == []


def test_payments_that_cannot_be_reached_are_our_failure(
    shop: TestClient, unreachable: Payments
) -> None:
    shop.app.state.payments = unreachable  # type: ignore[attr-defined]
    fill(shop)
    assert shop.post("/checkout", json={"card": GOOD_CARD}).status_code == 504


def test_an_empty_basket_cannot_be_paid(shop: TestClient) -> None:
    assert shop.post("/checkout", json={"card": GOOD_CARD}).status_code == 409


def test_baskets_belong_to_one_customer(shop: TestClient) -> None:
    fill(shop)
    assert shop.get("/cart", headers={"X-Customer": "grace"}).json()["lines"] == []


@pytest.mark.parametrize(
    "line", [{"item_id": 3, "quantity": 0}, {"item_id": 3, "quantity": 100}, {"quantity": 1}]
)
def test_nonsense_is_not_put_into_a_basket(shop: TestClient, line: dict[str, int]) -> None:
    assert shop.post("/cart/items", json=line).status_code == 422
    assert shop.get("/cart").json()["lines"] == []


def test_unknown_items_are_not_put_into_a_basket(shop: TestClient) -> None:
    assert shop.post("/cart/items", json={"item_id": 99}).status_code == 404


def test_a_basket_wants_a_customer(shop: TestClient) -> None:
    assert shop.get("/cart", headers={"X-Customer": ""}).status_code == 422


@pytest.mark.parametrize(
    ("fault", "status"),
    [("error", 500), ("throttle", 429), ("slow=1", 200), ("slow=5001", 400), ("fire", 400)],
)
def test_faults_are_obeyed(shop: TestClient, fault: str, status: int) -> None:
    assert shop.get("/", headers={"X-Shop-Fault": fault}).status_code == status


def test_a_slow_answer_takes_what_was_asked_for(shop: TestClient) -> None:
    began = time.perf_counter()
    shop.get("/", headers={"X-Shop-Fault": "slow=50"})
    assert time.perf_counter() - began >= 0.05


def test_an_answer_says_how_long_the_shop_worked(shop: TestClient) -> None:
    answer = shop.get("/", headers={"X-Shop-Fault": "slow=50"})
    name, duration = answer.headers["Server-Timing"].split(";dur=")
    assert (name, int(duration) >= 50) == ("app", True)


def test_a_slow_database_is_slow_inside_of_a_query(shop: TestClient, faults: Path) -> None:
    switch = faults / "slow-db"
    switch.touch()
    slow = shop.get("/items/3")
    switch.unlink()
    fast = shop.get("/items/3")
    took = [int(a.headers["Server-Timing"].split("=")[1]) for a in (slow, fast)]
    assert took[0] >= SLOW_SECONDS * 1000 > took[1]
    assert slow.json() == fast.json()


def test_a_card_company_that_hangs_is_not_waited_for(
    shop: TestClient, faults: Path, orders: list[int]
) -> None:
    fill(shop)
    (faults / "provider-timeout").touch()
    assert shop.post("/checkout", json={"card": GOOD_CARD}).status_code == 502
    (faults / "provider-timeout").unlink()
    assert shop.post("/checkout", json={"card": GOOD_CARD}).status_code == 201
    assert orders == [1]


def test_the_health_check_obeys_no_fault(shop: TestClient) -> None:
    assert shop.get("/healthz", headers={"X-Shop-Fault": "error"}).status_code == 200


def test_faults_are_off_unless_allowed(tmp_path: Path) -> None:
    app = create_app(Settings(tmp_path / "shop.db", "http://payments.test"))
    with TestClient(app) as client:
        assert client.get("/", headers={"X-Shop-Fault": "error"}).status_code == 200


def test_a_bad_release_breaks_every_second_checkout(tmp_path: Path, unreachable: Payments) -> None:
    app = create_app(Settings(tmp_path / "shop.db", "http://payments.test", bad_release=True))
    with TestClient(app, headers={"X-Customer": "ada"}, raise_server_exceptions=False) as client:
        app.state.payments = unreachable
        fill(client)
        answers = [client.post("/checkout", json={"card": GOOD_CARD}).status_code for _ in range(4)]
        assert answers == [504, 500, 504, 500]
        assert client.get("/").status_code == 200


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", "/data/shop.db")
    monkeypatch.setenv("SHOP_PAYMENTS", "http://payments.example")
    monkeypatch.setenv("SHOP_PAYMENTS_PROXY", "http://127.0.0.1:9001")
    monkeypatch.setenv("SHOP_FAULTS", "/run/faults")
    monkeypatch.setenv("SHOP_BAD_RELEASE", "1")
    assert Settings.from_environment() == Settings(
        Path("/data/shop.db"),
        "http://payments.example",
        "http://127.0.0.1:9001",
        faults=Switches(Path("/run/faults")),
        bad_release=True,
    )
