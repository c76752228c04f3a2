"""A folder as the broker, so that the example needs no server.

Kombu's own transport for folders writes a message into the file that it has
just made, and a worker that looks at that moment takes an empty one and ends
with an error. Here a message gets its name once it is whole.
"""

from __future__ import annotations

import os
import uuid
from time import monotonic_ns
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps

URL = "folder://"


class Channel(filesystem.Channel):
    # Each process knows its one queue by itself. The table in a file, which all
    # of them rewrite, has the same gap, and only broadcasts would need it.
    supports_fanout = False
    get_table = virtual.Channel.get_table  # type: ignore[assignment]
    _delete = virtual.Channel._delete

    def _put(  # type: ignore[override]  # the bases disagree
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        folder = self.data_folder_out
        # What is for a queue ends in its name; this is for none yet.
        draft = os.path.join(folder, f"{uuid.uuid4()}.draft")
        with open(draft, "w") as file:
            file.write(dumps(payload))
        os.rename(draft, os.path.join(folder, f"{monotonic_ns():020}_{uuid.uuid4()}.{queue}.msg"))


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["folder"] = "shop.broker:Transport"
