"""What the shop sells, who put what into a basket, and what was ordered.

One SQLite file for all processes, one short connection per use: SQLite
serialises the writers itself, readers do not wait for them (WAL), and a
connection that crosses neither threads nor forks needs no lock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shop.switches import SLOW_DB, Switches

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS cart_lines (
    customer TEXT NOT NULL, item_id INTEGER NOT NULL REFERENCES items (id),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (customer, item_id)
);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL,
    total_cents INTEGER NOT NULL, payment_id TEXT NOT NULL,
    shipped INTEGER NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0
);
"""

# What is done about an order, as columns of it.
STEPS = ("shipped", "confirmed")

# How long a writer waits for the one before it. Under load the queue is short,
# for no transaction waits for anything outside of the file.
BUSY_SECONDS = 10

# What a slow database costs each use of it: a disk that is nearly gone.
SLOW_SECONDS = 0.6

GOODS = [
    (1, "Hand lead, 3 kg", 4_900),
    (2, "Lead line, 20 fathoms", 7_500),
    (3, "Brass sextant", 32_000),
    (4, "Chart of the Skerries", 2_400),
    (5, "Parallel ruler", 1_900),
    (6, "Deck lantern", 5_600),
    (7, "Logbook, ruled", 1_200),
    (8, "Tarred hemp, 10 m", 2_100),
]


NO_FAULTS = Switches()


@dataclass(frozen=True)
class Item:
    id: int
    name: str
    price_cents: int


@dataclass(frozen=True)
class CartLine:
    item: Item
    quantity: int


class Catalogue:
    """Reads and writes the shop's one database file."""

    def __init__(self, path: Path, faults: Switches = NO_FAULTS) -> None:
        self._path = path
        self._faults = faults

    def create(self) -> None:
        """Lay out the tables and stock the shelves; harmless when done twice."""
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
            db.executemany("INSERT OR IGNORE INTO items VALUES (?, ?, ?)", GOODS)

    def items(self) -> list[Item]:
        with self._open() as db:
            rows = db.execute("SELECT id, name, price_cents FROM items ORDER BY id")
            return [Item(*row) for row in rows]

    def item(self, item_id: int) -> Item | None:
        with self._open() as db:
            row = db.execute(
                "SELECT id, name, price_cents FROM items WHERE id = ?", (item_id,)
            ).fetchone()
        return Item(*row) if row else None

    def cart(self, customer: str) -> list[CartLine]:
        with self._open() as db:
            rows = db.execute(
                "SELECT i.id, i.name, i.price_cents, c.quantity FROM cart_lines c"
                " JOIN items i ON i.id = c.item_id WHERE c.customer = ? ORDER BY i.id",
                (customer,),
            )
            return [CartLine(Item(*row[:3]), row[3]) for row in rows]

    def put_in_cart(self, customer: str, item_id: int, quantity: int) -> None:
        """Set how many of an item are in the basket; asking twice changes nothing."""
        with self._open() as db:
            db.execute(
                "INSERT INTO cart_lines VALUES (?, ?, ?)"
                " ON CONFLICT (customer, item_id) DO UPDATE SET quantity = excluded.quantity",
                (customer, item_id, quantity),
            )

    def place_order(self, customer: str, total_cents: int, payment_id: str) -> int:
        """Record a paid order and empty the basket, both or neither."""
        with self._open() as db:
            db.execute("DELETE FROM cart_lines WHERE customer = ?", (customer,))
            db.execute(
                "INSERT INTO orders (customer, total_cents, payment_id) VALUES (?, ?, ?)",
                (customer, total_cents, payment_id),
            )
            assert db.lastrowid is not None
            return db.lastrowid

    def mark(self, order_id: int, step: str) -> None:
        """Note that one of STEPS was done; doing it twice changes nothing."""
        if step not in STEPS:
            raise ValueError(f"order {order_id}: no step {step!r}")
        with self._open() as db:
            db.execute(f"UPDATE orders SET {step} = 1 WHERE id = ?", (order_id,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Cursor]:
        """Give a cursor whose changes are committed at the end, or undone by an error."""
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS)
        try:
            if self._faults.on(SLOW_DB):
                db.set_progress_handler(_nap_once(), 1)
            # The orders of a demonstration need not survive a power cut, and a
            # sync per checkout would make the machine's disk the slowest part.
            db.execute("PRAGMA synchronous = OFF")
            with db:
                yield db.cursor()
        finally:
            db.close()


def _nap_once() -> Callable[[], int]:
    """Return a handler that SQLite calls while it works, and that delays it once.

    So the time passes inside of a query, where that of a slow disk would.
    """
    naps = iter((SLOW_SECONDS,))

    def handler() -> int:
        time.sleep(next(naps, 0))
        return 0

    return handler
