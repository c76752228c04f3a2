"""What the shop sends when it runs under zero-code instrumentation.

The test keeps a ledger of the answers that it got. Whatever ended the process,
the spans that the sink received must equal that ledger: this is why the shop
has handlers for SIGTERM.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sink import Sink, listening

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
    command: list[str], url: str, sink: Sink, data: Path
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
        "SHOP_FAULTS": "1",
        "SHOP_DATABASE": str(data / "shop.db"),
    }
    command = [str(BIN / "opentelemetry-instrument"), *command]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
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
def test_the_spans_equal_the_ledger(tmp_path: Path, server: str, ending: signal.Signals) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = {
        "uvicorn": [str(BIN / "python"), "-m", "shop", "storefront", "--port", str(port)],
        "gunicorn": [
            str(BIN / "gunicorn"),
            *("-c", "gunicorn.conf.py", "--no-control-socket", "-b", f"127.0.0.1:{port}"),
            "shop.storefront:create_app()",
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
