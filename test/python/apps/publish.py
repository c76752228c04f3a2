"""Publish tasks: ``publish.py 40:succeed 10:fail 5:flaky:2``."""

from __future__ import annotations

import sys

from tasks import app, fail, flaky, succeed

TASKS = {"succeed": succeed, "fail": fail, "flaky": flaky}


def main() -> None:
    with app.connection_for_write() as connection:
        for order in sys.argv[1:]:
            count, name, *arguments = order.split(":")
            for _ in range(int(count)):
                TASKS[name].apply_async([int(a) for a in arguments], connection=connection)


if __name__ == "__main__":
    main()
