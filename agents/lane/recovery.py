"""Faust's recovery, which would end in silence where Kafka keeps it waiting for too long."""

from typing import Any

from faust.tables.recovery import Recovery, ServiceStopped

from agents.lane.halt import EXIT_FAILED, halting
from agents.lane.types import StopWorker


class LaneRecovery(Recovery):
    """A wait that runs out ends the worker: Faust takes it for a stop, and never recovers again."""

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's signature
        try:
            await super()._wait(coro, timeout)
        except ServiceStopped:
            if self.should_stop:
                raise
            with halting("recovering"):
                raise StopWorker(
                    f"Kafka has not answered for {timeout:g} s: start again once it does", EXIT_FAILED
                ) from None
