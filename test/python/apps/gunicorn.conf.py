"""Gunicorn settings of the tests: two workers, some threads in each."""

import itertools

workers = 2
worker_class = "gthread"
threads = 16
graceful_timeout = 20
# A busy machine is no reason to kill a worker.
timeout = 120
# No control socket: it would be written into the folder of the caller.
control_socket_disable = True

# How many requests this process was asked. Each worker has its own, by the fork.
asked = itertools.count()


def pre_request(worker, req):  # type: ignore[no-untyped-def]
    next(asked)


def worker_exit(server, worker):  # type: ignore[no-untyped-def]
    server.log.info("worker answered %d requests", next(asked))
