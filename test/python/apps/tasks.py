"""A Celery application on a broker that is a folder.

Its tasks do what their argument says, so the publisher's ledger knows how each
ends: ``succeed``, ``fail``, or ``retry`` as often as asked and then succeed.
"""

from __future__ import annotations

import os
import pathlib
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_shutdown
from opentelemetry import trace

FOLDER = pathlib.Path(os.environ["TASKS_FOLDER"])

app = Celery("tasks")
app.conf.update(
    broker_url="filesystem://",
    broker_transport_options={
        "data_folder_in": str(FOLDER / "queue"),
        "data_folder_out": str(FOLDER / "queue"),
        "control_folder": str(FOLDER / "control"),
    },
    task_ignore_result=True,
    worker_hijack_root_logger=False,
)


@worker_process_shutdown.connect
def send_last_spans(**_: Any) -> None:
    """Send what the exporter of a pool process still holds.

    Billiard ends its processes with os._exit, so Python's exit hooks, and with
    them the exporter's last batch, never run. Without this, 40 of 45 attempts
    were lost with five tasks per process.
    """
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]


@app.task
def succeed() -> None:
    """End well."""


@app.task
def fail() -> None:
    """End with an exception that nobody expects."""
    raise RuntimeError("the parcel is lost")


@app.task(bind=True, max_retries=10)
def flaky(self: Task, retries: int) -> None:
    """Ask for another attempt that many times, then end well."""
    if self.request.retries < retries:
        raise self.retry(countdown=0)
