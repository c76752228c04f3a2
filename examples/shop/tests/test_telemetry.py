"""What the shop sends when it runs under zero-code instrumentation.

The test keeps a ledger of the answers that it got. Whatever ended the process,
the spans that the sink received must equal that ledger: this is why the shop
has handlers for SIGTERM.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sink import Sink, listening, text

from shop import tasks
from shop.catalogue import Catalogue

FOLDER = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
START_LIMIT = 60.0
END_LIMIT = 30.0

PLAN = [
    ("GET", "/", "GET /"),
    ("GET", "/items/3", "GET /items/{item_id}"),
    ("GET", "/items/99", "GET /items/{item_id}"),
    ("GET", "/cart", "GET /cart"),
    ("GET", "/nowhere/4711", "GET"),
    ("GET", "/healthz", "GET /healthz"),
    ("POST", "/checkout", "POST /checkout"),
]
FAULTS = ["", "error", "throttle"]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], url: str, sink: Sink, data: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "SHOP_"))}
    environment |= {
        "PYTHONPATH": str(FOLDER),
        "NO_PROXY": "127.0.0.1",
        "OTEL_SERVICE_NAME": "shop-api",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        # So rarely that what arrives was sent by the exit hooks.
        "OTEL_BSP_SCHEDULE_DELAY": "600000",
        "SHOP_FAULTS": str(data),
        "SHOP_DATABASE": str(data / "shop.db"),
        "SHOP_QUEUE": str(data / "queue"),
        **settings,
    }
    command = [str(BIN / "opentelemetry-instrument"), *command]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        if url:
            wait_until_up(url, process, data / "log")
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            # Not /healthz: the sink must see exactly what the ledger holds.
            with socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the shop does not start:\n{log.read_text()[-4000:]}")


# Gunicorn's uvicorn workers take no notice of SIGINT until they are killed.
@pytest.mark.parametrize(
    ("server", "ending"),
    [("uvicorn", signal.SIGTERM), ("uvicorn", signal.SIGINT), ("gunicorn", signal.SIGTERM)],
)
def test_the_spans_of_the_storefront_equal_the_ledger(
    tmp_path: Path, server: str, ending: signal.Signals
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = {
        "uvicorn": [str(BIN / "python"), "-m", "shop", "--port", str(port)],
        "gunicorn": [
            str(BIN / "gunicorn"),
            *("-c", "storefront.conf.py", "-b", f"127.0.0.1:{port}"),
        ],
    }[server]
    ledger: Counter[tuple[str, int]] = Counter()
    with listening() as sink, running(command, url, sink, tmp_path) as process:
        for i in range(60):
            method, path, operation = PLAN[i % len(PLAN)]
            headers = {"X-Customer": "ada", "X-Shop-Fault": FAULTS[i % len(FAULTS)]}
            body = {"card": "4242424242424242"} if method == "POST" else None
            # A connection each, so that both workers of gunicorn get some.
            answer = httpx.request(method, url + path, headers=headers, json=body, timeout=10)
            ledger[operation, answer.status_code] += 1
        process.send_signal(ending)
        process.wait(END_LIMIT)
    assert Counter(sink.served()) == ledger
    assert {500, 429, 200, 404} <= {status for _, status in ledger}


def test_the_spans_of_payments_equal_the_ledger(tmp_path: Path, proxy: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    command = [str(BIN / "gunicorn"), "-c", "payments.conf.py", "-b", url.removeprefix("http://")]
    ledger: Counter[tuple[str, int]] = Counter()
    with listening() as sink, running(command, url, sink, tmp_path, SHOP_PROXY=proxy) as process:
        for i in range(40):
            card = ["4242424242424242", "4000000000000002", "4000000000000119", "42"][i % 4]
            order = {"card": card, "amount_cents": 100}
            answer = httpx.post(url + "/charges", json=order, timeout=10)
            ledger["POST /charges", answer.status_code] += 1
        process.send_signal(signal.SIGTERM)
        process.wait(END_LIMIT)
    assert Counter(sink.served()) == ledger
    assert len(ledger) == 4
    calls = Counter(
        url for span in sink.spans for url in [text(span, "http.url")] if url is not None
    )
    assert calls == {"http://api.harbourpay.example/v1/charges": 30}


def test_the_spans_of_the_worker_equal_the_ledger(
    tmp_path: Path, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool's processes send their last batch, which waits for 10 minutes here."""
    (tmp_path / "queue").mkdir()
    goods = Catalogue(tmp_path / "shop.db")
    goods.create()
    folders = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
    }
    monkeypatch.setitem(tasks.app.conf, "broker_transport_options", folders)
    for customer in range(30):
        tasks.follow_up(goods.place_order(str(customer), 100, "ch"))
    command = [str(BIN / "celery"), "-A", "shop.tasks", "worker", "-P", "prefork", "-c", "2"]
    with listening() as sink, running(command, "", sink, tmp_path, SHOP_PROXY=proxy) as process:
        deadline = time.monotonic() + START_LIMIT
        while unfinished(tmp_path / "shop.db") and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.wait(END_LIMIT)
    ran = Counter(
        (span.name, text(span, "celery.state"))
        for span in sink.spans
        if span.kind == Span.SPAN_KIND_CONSUMER
    )
    assert ran == {
        ("run/shop.tasks.ship", "SUCCESS"): 30,
        ("run/shop.tasks.confirm", "SUCCESS"): 30,
    }


def unfinished(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        open_orders = "SELECT count(*) FROM orders WHERE NOT (shipped AND confirmed)"
        count: int = db.execute(open_orders).fetchone()[0]
        return count
