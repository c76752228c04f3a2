"""Serve the storefront in one process, for work on it: ``python -m shop``."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

import uvicorn


def _exit(_signal: int, _frame: FrameType | None) -> None:
    # As in storefront.conf.py: the default handler would end the interpreter
    # without its exit hooks, and lose what they would have sent.
    sys.exit(0)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="shop")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    chosen = arguments.parse_args()

    signal.signal(signal.SIGTERM, _exit)
    uvicorn.run(
        "shop.storefront:create_app",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        access_log=False,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
