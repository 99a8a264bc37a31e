"""A real Redis for tests, and a way to it that can be made slow."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agents.child import Child, free_port
from tests.conftest import unavailable

ROOT = Path(__file__).parents[1]


def redis_program() -> str:
    """The server's program as `make components` leaves it."""
    found = shutil.which("redis-server") or shutil.which(str(ROOT / ".cache" / "redis" / "redis-server"))
    if found is None:
        unavailable("Redis is missing: run `make components`")
    return found


class RedisServer:
    """One server on a loopback port, everything in memory; it can be stopped and come back empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        argv = [redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._child = Child([*argv, "--dir", str(folder)], folder / "redis.log")

    def start(self) -> None:
        """Return once it answers."""
        self._child.start()
        self._child.await_ready(self._answers, 10)

    def stop(self) -> None:
        """End it at once; safe to repeat."""
        if self._child.running:
            self._child.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class SlowWay:
    """A TCP proxy on a port of its own; every answer comes `delay_seconds` later."""

    def __init__(self, target_port: int) -> None:
        self.port, self.delay_seconds = free_port(), 0.0
        self._target = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        server = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result(5)

    def stop(self) -> None:
        """End all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, thither = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        ways = (self._carry(reader, thither, slow=False), self._carry(there, writer, slow=True))
        await asyncio.gather(*ways)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        try:
            while data := await reader.read(65_536):
                if slow:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            with suppress(OSError, RuntimeError):
                writer.close()


@contextmanager
def slow_redis(folder: Path) -> Iterator[tuple[RedisServer, SlowWay]]:
    """A Redis and the way to it."""
    server = RedisServer(folder)
    server.start()
    way = SlowWay(server.port)
    way.start()
    try:
        yield server, way
    finally:
        way.stop()
        server.stop()
