"""How processes of the shop end."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """End this forked process when the one that forked it is killed.

    Gunicorn's own workers notice that by themselves, uvicorn's never do. Other
    systems than Linux have no such call.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
