"""Connections to services that are not ours, which all leave through one proxy."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter

# As many as threads or processes call out at a time.
CONNECTIONS = 32


def session(proxy: str | None) -> requests.Session:
    """Return a session that keeps its connections, and leaves through the proxy."""
    kept = requests.Session()
    # Only what is configured here counts, not the environment's proxies.
    kept.trust_env = False
    if proxy:
        kept.proxies = {"http": proxy}
    kept.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
    return kept
