"""Who may write: one shared producer for outputs, and for each shard one that fences its former owner."""

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.codec import has_lz4, has_zstd
from aiokafka.errors import UnknownError
from faust.transport.drivers.aiokafka import Transport, credentials_to_aiokafka_auth, server_list

if TYPE_CHECKING:
    from agents.lane.app import LaneApp

logger = logging.getLogger(__name__)

METADATA_SECONDS = 10.0
RENEWAL_SECONDS = 60.0
# A record of the lane's own in every changelog partition; shards never see it.
CLAIM_KEY = b"\x00lane-owner"


def compression() -> str | None:
    """The cheapest compression that is installed; none rather than gzip, which costs more than it saves."""
    if has_lz4():
        return "lz4"
    return "zstd" if has_zstd() else None


def claimed_by_another(topic: str, partition: int) -> str:
    """Why a worker stops that has lost a claim, and no partition with it."""
    return (
        f"{topic}-{partition} is ours by the group's word, but another worker claimed it: start again, and"
        " see that no two groups share an app id"
    )


class Claim:
    """The right to write one changelog partition, until someone else claims it."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        transactional_id: str | None,
        offset: int = -1,
    ) -> None:
        self.producer, self.offset = producer, offset
        self._topic, self._partition, self._transactional_id = topic, partition, transactional_id
        self._renewed_at = monotonic()

    async def renew(self, after_seconds: float) -> None:
        """Use the transactional id once after so long: Kafka forgets one that rests for seven days.

        Raises like any write when the claim was lost; call it with no write in flight.
        """
        if self._transactional_id is None or monotonic() - self._renewed_at < after_seconds:
            return
        # A plain write first: it wakes the sender, which sleeps with no eye on transactions.
        sent = await self.producer.send(self._topic, b"renewed", key=CLAIM_KEY, partition=self._partition)
        async with asyncio.timeout(RENEWAL_SECONDS):
            await self._touch(self._transactional_id)
            await sent
        self._renewed_at = monotonic()

    async def _touch(self, transactional_id: str) -> None:
        """One small transaction; it commits an offset to a group of our own instead of writing the changelog.

        There it would leave its mark some time after it returned, and refuse plain writes until then.
        """
        manager = self.producer._txn_manager  # noqa: SLF001 - listed in internals
        manager.transactional_id = transactional_id
        async with self.producer.transaction():
            place = TopicPartition(self._topic, self._partition)
            await self.producer.send_offsets_to_transaction({place: 0}, f"{self._topic}-claims")
        manager.transactional_id = None

    async def release(self) -> None:
        """Stop the producer if it serves this claim alone."""
        if self._transactional_id is not None:
            await self.producer.stop()


class Producers:
    """The producers of one table; a broker without producer ids (the embedded one) gets a single plain one.

    There nothing fences, and writes are retried for a limited time only.
    """

    def __init__(self, app: "LaneApp", max_batch_bytes: int) -> None:
        self._app, self._max_batch_bytes = app, max_batch_bytes
        self.max_entry_bytes = max(app.conf.producer_max_request_size, max_batch_bytes)
        """The largest message that is written."""
        self.shared, self._fencing = self._new(idempotent=True), True

    async def start(self) -> None:
        """Connect; find out whether the broker gives out producer ids."""
        try:
            await self.shared.start()
        except UnknownError:
            await self.shared.stop()
            logger.warning("this broker gives out no producer ids: former owners of a shard are not fenced")
            self.shared, self._fencing = self._new(idempotent=False), False
            await self.shared.start()

    async def stop(self) -> None:
        """Disconnect the shared producer; claims are released one by one."""
        await self.shared.stop()

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 when the broker does not know it."""
        with suppress(TimeoutError):
            return len(await asyncio.wait_for(self.shared.partitions_for(topic), METADATA_SECONDS))
        return 0

    async def claim(self, topic: str, partition: int, owner: str) -> Claim:
        """Become the only one who can write the partition; what is in it then is all there will be of others.

        The broker raises the epoch of the partition's producer id, and the claim's own record brings it to
        the partition's leader: whatever a former owner still sends is refused, however late.
        """
        if not self._fencing:
            return Claim(self.shared, topic, partition, None)
        transactional_id = f"{topic}-{partition}"
        producer = self._new(idempotent=True, transactional_id=transactional_id)
        try:
            await producer.start()
            # We want the fenced id, not the transactions: a transaction a chunk would cost four round trips.
            producer._txn_manager.transactional_id = None  # noqa: SLF001 - listed in internals
            sent = await producer.send_and_wait(topic, owner.encode(), key=CLAIM_KEY, partition=partition)
        except Exception:
            await producer.stop()
            raise
        return Claim(producer, topic, partition, transactional_id, sent.offset)

    def _new(self, *, idempotent: bool, transactional_id: str | None = None) -> AIOKafkaProducer:
        conf = self._app.conf
        # An idempotent producer tries again until it succeeds; a plain one gives up after this time.
        patience_seconds = conf.broker_request_timeout if idempotent else conf.producer_request_timeout
        return AIOKafkaProducer(
            bootstrap_servers=server_list(self._app.producer_transport.url, Transport.default_port),
            client_id=f"{conf.broker_client_id}-lane",
            acks="all",
            enable_idempotence=idempotent,
            transactional_id=transactional_id,
            compression_type=compression(),
            max_batch_size=self._max_batch_bytes,
            max_request_size=self.max_entry_bytes,
            request_timeout_ms=int(patience_seconds * 1000),
            **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )
