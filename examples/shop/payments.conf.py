"""Gunicorn settings of the payments service: ``gunicorn -c payments.conf.py``."""

from typing import Any

from shop.lifetime import die_with_parent

wsgi_app = "shop.payments:create_app()"
worker_class = "gthread"
workers = 2
# A charge that waits for the card company holds a thread for as long as
# shop.payments.PATIENCE says; this is how many may wait at a time.
threads = 16
preload_app = True
keepalive = 75
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:
    die_with_parent()
