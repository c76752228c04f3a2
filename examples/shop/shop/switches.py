"""Faults that are switched while the shop runs: a folder with a file for each.

``touch $SHOP_FAULTS/slow-db`` slows the database of every process down, and
removing the file mends it. A folder needs no connection, no parser and no lock,
and asking whether a file exists costs a microsecond.

    slow-db            every use of the database waits (shop.catalogue)
    provider-timeout   the card company takes the charge and never answers (shop.outside)
    stuck-queue        the carrier does not answer, so the worker hangs (shop.outside)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SLOW_DB = "slow-db"
PROVIDER_TIMEOUT = "provider-timeout"
STUCK_QUEUE = "stuck-queue"


@dataclass(frozen=True)
class Switches:
    """Says which faults are on; without a folder none ever is."""

    folder: Path | None = None

    @classmethod
    def at(cls, folder: str | None) -> Switches:
        return cls(Path(folder) if folder else None)

    def on(self, name: str) -> bool:
        return self.folder is not None and (self.folder / name).exists()
