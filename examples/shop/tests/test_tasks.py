"""What the worker does about an order."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop import tasks
from shop.catalogue import Catalogue


@pytest.fixture
def order(tmp_path: Path, proxy: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An order, and a worker that can follow it up."""
    monkeypatch.setenv("SHOP_DATABASE", str(tmp_path / "shop.db"))
    monkeypatch.setenv("SHOP_PROXY", proxy)
    catalogue = Catalogue(tmp_path / "shop.db")
    catalogue.create()
    yield catalogue.place_order("ada", 4_900, "ch_1")
    tasks.outgoing().close()
    tasks.outgoing.cache_clear()
    tasks.catalogue.cache_clear()


def steps(folder: Path) -> tuple[int, int]:
    db = sqlite3.connect(folder / "shop.db")
    try:
        shipped, confirmed = db.execute("SELECT shipped, confirmed FROM orders").fetchone()
        return shipped, confirmed
    finally:
        db.close()


def test_an_order_is_shipped_and_the_customer_told(tmp_path: Path, order: int) -> None:
    assert steps(tmp_path) == (0, 0)
    tasks.ship(order)
    assert steps(tmp_path) == (1, 0)
    tasks.confirm(order)
    assert steps(tmp_path) == (1, 1)


def test_a_carrier_that_hangs_holds_the_task(tmp_path: Path, order: int, faults: Path) -> None:
    (faults / "stuck-queue").touch()
    task = threading.Thread(target=tasks.ship, args=(order,))
    task.start()
    tasks.confirm(order)  # another process of the pool would still do this
    assert steps(tmp_path) == (0, 1)
    (faults / "stuck-queue").unlink()
    task.join()
    assert steps(tmp_path) == (1, 1)


def test_an_unknown_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no step 'lost'"):
        Catalogue(tmp_path / "shop.db").mark(1, "lost")
