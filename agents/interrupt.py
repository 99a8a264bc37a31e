"""Ctrl-C and SIGTERM for commands that use Kafka clients, which survive no exception halfway."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from types import FrameType
from typing import Generic, TypeVar

_Result = TypeVar("_Result")
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_LOOK_SECONDS = 0.2


class Resources:
    """What has to be given back, in reverse order; nothing new can be taken once that has begun."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._guard = threading.Lock()
        self._closed = False

    def enter(self, resource: AbstractContextManager[_Result]) -> _Result:
        """Take a resource; after `close` this is an error, for nobody would give it back."""
        with self._guard:
            if self._closed:
                raise RuntimeError("this command is being stopped")
            return self._stack.enter_context(resource)

    def close(self) -> None:
        """Give everything back; a second call waits for the first."""
        with self._guard:
            self._closed = True
            self._stack.close()


class _Work(threading.Thread, Generic[_Result]):
    """Does the work and keeps what came of it."""

    def __init__(self, work: Callable[[], _Result], resources: Resources) -> None:
        super().__init__(name="voronka-work", daemon=True)
        self._work, self._resources = work, resources
        self.done = threading.Event()
        self.result: list[_Result] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            # Given back by the thread that took them: children are bonded to it.
            with closing(self._resources):
                self.result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self.error = error
        finally:
            self.done.set()


def interruptible(work: Callable[[], _Result], resources: Resources) -> _Result:
    """Return what `work` returns and give its resources back; on Ctrl-C or SIGTERM end the process then.

    Nothing is raised into the work, which goes on in its own thread until the process ends: a Kafka client
    would leave a lock behind for which its own end waits for ever. Call it from the main thread.
    """
    told: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    thread = _Work(work, resources)
    try:
        thread.start()
        while not thread.done.wait(_LOOK_SECONDS):
            if told:
                break
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        resources.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(128 + told[0])
    if thread.error is not None:
        raise thread.error
    return thread.result[0]
