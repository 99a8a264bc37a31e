"""The lane: records by the chunk and exact state by shard, inside a faust.App."""

from agents.lane.app import LaneApp
from agents.lane.checkpoints import HEAD_KEY, KEEP_MS, Messages, checkpoint, take_back
from agents.lane.producers import CLAIM_KEY
from agents.lane.slot import Slot
from agents.lane.stats import LanePosition, LaneStats
from agents.lane.table import LaneTable
from agents.lane.types import EXIT_CONFIG, Effects, Job, LaneRecord, Output, Shard, ShardT, StopWorker

__all__ = [
    "CLAIM_KEY",
    "EXIT_CONFIG",
    "HEAD_KEY",
    "KEEP_MS",
    "Effects",
    "Job",
    "LaneApp",
    "LanePosition",
    "LaneRecord",
    "LaneStats",
    "LaneTable",
    "Messages",
    "Output",
    "Shard",
    "ShardT",
    "Slot",
    "StopWorker",
    "checkpoint",
    "take_back",
]
