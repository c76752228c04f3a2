"""The folder that stands in for a broker."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.utils.json import dumps

from shop import broker

MESSAGES = 300


def connection(folder: Path) -> Connection:
    places = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    return Connection(broker.URL, transport_options=places)


def test_a_message_is_never_taken_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing is slowed down, so that a reader meets every message in the making."""

    def slowly(payload: object) -> str:
        time.sleep(0.001)
        return str(dumps(payload))

    monkeypatch.setattr("shop.broker.dumps", slowly)

    def put() -> None:
        with connection(tmp_path) as to:
            queue = to.SimpleQueue("celery")
            for i in range(MESSAGES):
                queue.put({"order": i})
            queue.close()

    writer = threading.Thread(target=put)
    writer.start()
    taken: list[int] = []
    with connection(tmp_path) as source:
        queue = source.SimpleQueue("celery")
        deadline = time.monotonic() + 60
        while len(taken) < MESSAGES and time.monotonic() < deadline:
            try:
                message = queue.get_nowait()
            except Empty:
                continue
            taken.append(message.payload["order"])
            message.ack()
        queue.close()
    writer.join()
    assert taken == list(range(MESSAGES))
    assert list(tmp_path.iterdir()) == []
