"""Everybody else's services: the card company, the carrier, the mail provider.

A stub that no team of ours runs, hence without instrumentation. One small
server plays all three and tells them apart by the host of the request: the shop
reaches it as a proxy, so its calls carry the names that they have in production
(``http://api.harbourpay.example/...``) whatever the port here.

The card number decides what the card company says, as in the sandboxes of real
ones. Run it with ``python -m shop.outside --port 9000``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from shop.switches import PROVIDER_TIMEOUT, STUCK_QUEUE, Switches

CARD_COMPANY = "api.harbourpay.example"
CARRIER = "api.northsea-parcels.example"
MAIL = "api.postboat.example"

DECLINED_CARD = "4000000000000002"
OUTAGE_CARD = "4000000000000119"

LOOK_EVERY = 0.1

numbers = itertools.count(1)


def answer(host: str, path: str, body: dict[str, object]) -> tuple[int, dict[str, str]]:
    """What the service at this host says."""
    match host, path, body.get("card"):
        case "api.harbourpay.example", "/v1/charges", card:
            if card == DECLINED_CARD:
                return 402, {"detail": "card declined"}
            if card == OUTAGE_CARD:
                return 503, {"detail": "acquirer unreachable"}
            return 201, {"id": f"ch_{next(numbers):06d}"}
        case "api.northsea-parcels.example", "/labels", _:
            return 201, {"label": f"NSP{next(numbers):08d}"}
        case "api.postboat.example", "/messages", _:
            return 202, {"message": f"m{next(numbers)}"}
        case _, "/healthz", _:
            return 200, {"status": "ok"}
    return 404, {"detail": "nobody of that name"}


def make(port: int, switches: Switches) -> ThreadingHTTPServer:
    hangs = {CARD_COMPANY: PROVIDER_TIMEOUT, CARRIER: STUCK_QUEUE}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave together, else each answer waits for an ACK.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            # A proxy is asked with the whole URL, a server with the path only.
            url = urlsplit(self.path)
            host = url.hostname or ""
            while host in hangs and switches.on(hangs[host]):
                time.sleep(LOOK_EVERY)
            status, said = answer(host, url.path, body)
            text = json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                self.wfile.flush()
            except OSError:
                self.close_connection = True  # nobody waits for it any more

        do_GET = handle_one
        do_POST = handle_one

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", port), Handler)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="shop.outside")
    arguments.add_argument("--port", type=int, default=9000)
    chosen = arguments.parse_args()
    make(chosen.port, Switches.at(os.environ.get("SHOP_FAULTS"))).serve_forever()


if __name__ == "__main__":
    main()
