"""Tells each customer how long the shop worked on the answer.

Browsers show the header ``Server-Timing`` in their network panel. It is also
what lets a load generator say that an answer was slow in the shop, and not
on the way.
"""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ServerTiming:
    """Middleware that adds ``Server-Timing: app;dur=12`` in whole milliseconds, rounded down."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                millis = (time.perf_counter() - began) * 1000
                message["headers"].append((b"server-timing", b"app;dur=%d" % millis))
            await send(message)

        await self._app(scope, receive, timed)
