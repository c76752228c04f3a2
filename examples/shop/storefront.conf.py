"""Gunicorn settings of the storefront: ``gunicorn -c storefront.conf.py``."""

import signal
import sys
from typing import Any

from shop.lifetime import die_with_parent

wsgi_app = "shop.storefront:create_app()"
worker_class = "uvicorn_worker.UvicornWorker"
workers = 2
# The master imports the shop and lays out its database once; workers are forks
# of it and serve within milliseconds. What holds a connection is made after.
preload_app = True
# Longer than any client keeps a connection, so that no request ever meets a
# connection which the server is just closing.
keepalive = 75
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:
    die_with_parent()


def post_worker_init(worker: Any) -> None:
    # Uvicorn finishes its requests and then raises SIGTERM again with the
    # handler it found at start. The default one ends the interpreter without
    # its exit hooks, and whatever they would have sent is lost.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
