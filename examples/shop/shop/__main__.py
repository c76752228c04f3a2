"""Serve the storefront or the payment provider: ``python -m shop storefront``."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

import uvicorn

APPS = {
    "storefront": "shop.storefront:create_app",
    "provider": "shop.provider:create_app",
}


def _exit(_signal: int, _frame: FrameType | None) -> None:
    # Uvicorn finishes its requests and then raises SIGTERM again with the
    # handler it found at start. The default one ends the interpreter without
    # its exit hooks, and whatever they would have sent is lost.
    sys.exit(0)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="shop")
    arguments.add_argument("app", choices=sorted(APPS))
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    chosen = arguments.parse_args()

    signal.signal(signal.SIGTERM, _exit)
    uvicorn.run(
        APPS[chosen.app],
        factory=True,
        host=chosen.host,
        port=chosen.port,
        access_log=False,
        # Longer than any client keeps a connection, so that no request ever
        # meets a connection which the server is just closing.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
