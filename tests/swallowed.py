"""A test fails when our code, Faust or asyncio logged an error that the test did not say it expects."""

import logging
import re
from collections.abc import Iterator

import pytest

WATCHED = ("agents", "asyncio", "dashboards", "faust", "mode", "streams")


class _Recorder(logging.Handler):
    """Keeps what was logged at ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_swallowed_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which an error was logged and nobody looked; `expects_error_log(pattern)` names one."""
    expected = [str(marker.args[0]) for marker in request.node.iter_markers("expects_error_log")]
    recorder = _Recorder()
    for name in WATCHED:
        logging.getLogger(name).addHandler(recorder)
    try:
        yield
    finally:
        for name in WATCHED:
            logging.getLogger(name).removeHandler(recorder)
    said = [f"{record.name}: {record.getMessage()}" for record in recorder.records]
    swallowed = [text for text in said if not any(re.search(pattern, text) for pattern in expected)]
    if swallowed:
        pytest.fail("an error was logged and swallowed:\n" + "\n".join(swallowed), pytrace=False)
    silent = [pattern for pattern in expected if not any(re.search(pattern, text) for text in said)]
    if silent:
        pytest.fail(f"an expected error was never logged: {silent}", pytrace=False)
