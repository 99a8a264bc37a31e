"""A span on its way through Faust: one message for many records, handed to the agent undecoded."""

from collections.abc import Awaitable, Callable
from typing import Any

from faust import Schema
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from agents.lane.spans import Span


class Chunk(ConsumerMessage):
    """One span of one partition as a Faust message; its offset is the last one that it covers."""

    def __init__(self, tp: TP, span: Span, epoch: int, generation_id: int) -> None:
        timestamp_ms = span.records[-1].timestamp if span.records else 0
        super().__init__(
            tp.topic,
            tp.partition,
            span.upto - 1,
            timestamp_ms / 1000.0,
            0,
            None,
            None,
            b"",
            None,
            tp=tp,
            generation_id=generation_id,
        )
        self.span = span
        self.epoch = epoch


class ChunkSchema(Schema[Any, Any]):
    """Decodes nothing: the event's message is the chunk, its value is the span."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:
        """The function that the conductor calls for every message."""
        create_event = app.create_event

        async def decode(message: Chunk, *, propagate: bool = False) -> Any:  # noqa: ARG001
            return create_event(None, message.span, None, message)

        return decode
