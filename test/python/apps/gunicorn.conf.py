"""Gunicorn settings of the tests: two workers, some threads in each."""

workers = 2
worker_class = "gthread"
threads = 16
keepalive = 75
graceful_timeout = 20
# A busy machine is no reason to kill a worker.
timeout = 120
# No control socket: it would be written into the folder of the caller.
control_socket_disable = True
