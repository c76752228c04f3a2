"""What is done about an order after the customer has left: ``celery -A shop.tasks worker``.

The broker is a folder, so that the example needs no server; everything else is
as with any broker. The storefront puts tasks in, the worker's pool of processes
takes them out.
"""

from __future__ import annotations

import atexit
import os
from functools import cache
from pathlib import Path
from typing import Any

import requests
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from shop import broker
from shop.catalogue import Catalogue
from shop.lifetime import die_with_parent
from shop.outgoing import session
from shop.switches import Switches

QUEUE = Path(os.environ.get("SHOP_QUEUE", "queue"))
CARRIER = os.environ.get("SHOP_CARRIER", "http://api.northsea-parcels.example")
MAIL = os.environ.get("SHOP_MAIL", "http://api.postboat.example")

app = Celery("shop")
app.conf.update(
    broker_url=broker.URL,
    broker_transport_options={
        "data_folder_in": str(QUEUE),
        "data_folder_out": str(QUEUE),
        "polling_interval": 0.1,
    },
    # Commands to all workers would need a broker that can tell all of them.
    worker_enable_remote_control=False,
    task_ignore_result=True,
    # What a worker may hold at a time is what it gets done between two looks into
    # the folder: with 1 that would be 20 tasks a second.
    worker_prefetch_multiplier=16,
    worker_hijack_root_logger=False,
)


def follow_up(order_id: int) -> None:
    """Ask for everything that has to be done about a new order."""
    ship.delay(order_id)
    confirm.delay(order_id)


@app.task
def ship(order_id: int) -> None:
    """Buy a label from the carrier and hand the parcel over."""
    # The oldest mistake there is: a call without a timeout. While the carrier
    # answers, nobody notices; when it hangs, so does the whole worker.
    outgoing().post(f"{CARRIER}/labels", json={"order": order_id}).raise_for_status()
    catalogue().mark(order_id, "shipped")


@app.task
def confirm(order_id: int) -> None:
    """Mail the customer that the order is on its way."""
    outgoing().post(f"{MAIL}/messages", json={"order": order_id}, timeout=5).raise_for_status()
    catalogue().mark(order_id, "confirmed")


# Made by the first task of a pool process and never before its fork.
@cache
def outgoing() -> requests.Session:
    return session(os.environ.get("SHOP_PROXY"))


@cache
def catalogue() -> Catalogue:
    faults = Switches.at(os.environ.get("SHOP_FAULTS"))
    return Catalogue(Path(os.environ.get("SHOP_DATABASE", "shop.db")), faults)


@worker_process_init.connect
def _begin(**_: Any) -> None:
    die_with_parent()


@worker_process_shutdown.connect
def _end(**_: Any) -> None:
    """Run the exit hooks of a pool process, which would end without them.

    Billiard ends its processes with os._exit. Whatever was to be sent at the
    end, such as the last batch of telemetry, would be lost with each of them.
    """
    atexit._run_exitfuncs()
