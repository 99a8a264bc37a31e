"""The lane's own producer: idempotent, and all replicas must have a record before it counts."""

import logging
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.codec import has_lz4, has_zstd
from aiokafka.errors import UnknownError
from faust.transport.drivers.aiokafka import Transport, credentials_to_aiokafka_auth, server_list

if TYPE_CHECKING:
    from agents.lane.app import LaneApp

logger = logging.getLogger(__name__)


def compression() -> str | None:
    """The cheapest compression that is installed; none rather than gzip, which costs more than it saves."""
    if has_lz4():
        return "lz4"
    return "zstd" if has_zstd() else None


async def started_producer(app: "LaneApp", max_batch_bytes: int) -> AIOKafkaProducer:
    """A producer to the app's broker; an idempotent one retries for as long as the broker is away.

    The embedded broker refuses those, so there a plain one serves: repeats in a changelog change nothing.
    """
    for idempotent in (True, False):
        producer = _new_producer(app, max_batch_bytes, idempotent=idempotent)
        try:
            await producer.start()
        except UnknownError:
            await producer.stop()
            if not idempotent:
                raise
            logger.warning(
                "this broker gives out no producer ids: writes are retried for a limited time only"
            )
        else:
            break
    return producer


def _new_producer(app: "LaneApp", max_batch_bytes: int, *, idempotent: bool) -> AIOKafkaProducer:
    conf = app.conf
    return AIOKafkaProducer(
        bootstrap_servers=server_list(app.producer_transport.url, Transport.default_port),
        client_id=f"{conf.broker_client_id}-lane",
        acks="all",
        enable_idempotence=idempotent,
        compression_type=compression(),
        max_batch_size=max_batch_bytes,
        max_request_size=max(conf.producer_max_request_size, max_batch_bytes + 4096),
        request_timeout_ms=int(conf.producer_request_timeout * 1000),
        **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
    )
