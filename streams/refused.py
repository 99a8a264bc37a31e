"""How a rejection travels from the place where a fault is found to the door of `decode`, and no further."""

from __future__ import annotations

from streams.events import Reason, Rejected


class RefusedError(Exception):
    """The record is no event. Returned values would cost every good event a look at each of them."""

    def __init__(self, reason: Reason, field: str, fix: str) -> None:
        super().__init__(reason, field, fix)
        self.rejected = Rejected(reason=reason, field=field, fix=fix)
