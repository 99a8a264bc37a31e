"""The two ways in which a worker ends by itself: on purpose, and because memory is ahead of the log."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from agents.lane.types import StopWorker

logger = logging.getLogger(__name__)

EXIT_FAILED = 70


def halt(code: int) -> NoReturn:
    """End the process now, with its last words written; nothing more is sent or committed."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def halting(doing: str) -> Iterator[None]:
    """End the process on any failure inside: state may be ahead of the log, and going on would commit it.

    Faust would log the exception and go on; a restart reads the log again and is exact.
    """
    try:
        yield
    except StopWorker as order:
        logger.critical("worker stops while %s: %s", doing, order)
        halt(order.exit_code)
    except Exception:
        logger.critical("worker stops: unexpected failure while %s", doing, exc_info=True)
        halt(EXIT_FAILED)
