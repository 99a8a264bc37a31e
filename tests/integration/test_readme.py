"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.broker import read_to_end
from agents.settings import Settings
from agents.topics import ensure_topics
from streams.decode import decode
from streams.events import Created, Event
from tests.brokers import Broker

pytestmark = pytest.mark.integration
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def _block(language: str) -> str:
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return str(block)


def test_the_example_sends_an_event(broker: Broker, fresh_name: Callable[[str], str], tmp_path: Path) -> None:
    """The JSON is an event of the contract, and the program brings it to the broker under its key."""
    name = fresh_name("readme")
    settings = Settings(broker=broker.bootstrap, app_id=name, topic_prefix=f"{name}-")
    ensure_topics(settings)
    program = _block("python")
    for shown, ours in (("127.0.0.1:9092", settings.broker), ('"crm.leads"', repr(settings.leads_topic))):
        assert program.count(shown) == 1
        program = program.replace(shown, ours)
    (tmp_path / "event.json").write_text(_block("json"))
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    [record] = read_to_end(settings, settings.leads_topic)
    event = decode(record.value)
    assert isinstance(event, Event)
    assert isinstance(event.data, Created)
    assert event.journey.encode() == record.key
