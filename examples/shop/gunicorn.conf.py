"""Gunicorn settings for running the storefront with several workers."""

import signal
import sys

worker_class = "uvicorn_worker.UvicornWorker"
workers = 2
keepalive = 75


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    # See shop/__main__.py: without a handler the worker's exit hooks never run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
