"""Faults that a request asks for, so that a rehearsal knows what it caused.

A load generator names the fault in the header ``X-Shop-Fault``; the shop obeys
only when it was started with faults allowed, that is with a folder for their
switches (shop.switches). Nothing here is random: which requests fail is the
caller's seeded choice, hence the caller can keep a ledger.

    error        an unhandled exception, so the customer sees 500
    throttle     too many requests, 429
    slow=600     600 ms of extra work before the answer

A release can be faulty as a whole (``SHOP_BAD_RELEASE=1``): every second
checkout breaks, whoever asks, until another release is rolled out.
"""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Header, HTTPException, Request

SLOWEST_MS = 5_000


class RehearsedFailure(RuntimeError):
    """The bug that the request asked for."""


def obey(
    request: Request,
    x_shop_fault: Annotated[str | None, Header(max_length=32)] = None,
) -> None:
    """Dependency of the routes that can be broken on request."""
    if x_shop_fault is None or request.app.state.settings.faults.folder is None:
        return
    kind, _, value = x_shop_fault.partition("=")
    match kind:
        case "error":
            raise RehearsedFailure(f"asked for by the request: {request.url.path}")
        case "throttle":
            raise HTTPException(429, "slow down", headers={"Retry-After": "1"})
        case "slow":
            time.sleep(_millis(value) / 1000)
        case _:
            raise HTTPException(400, f"unknown fault {kind!r}")


def bad_release(request: Request) -> None:
    """Dependency of the checkout, which a bad release breaks."""
    state = request.app.state
    if state.settings.bad_release and next(state.checkouts) % 2:
        raise RehearsedFailure("this release cannot charge every card")


def _millis(value: str) -> int:
    if not value.isdecimal() or int(value) > SLOWEST_MS:
        raise HTTPException(400, f"slow wants 0..{SLOWEST_MS} milliseconds, got {value!r}")
    return int(value)
