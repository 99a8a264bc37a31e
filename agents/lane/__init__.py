"""The lane: records by the chunk and exact state by shard, inside a faust.App."""

from agents.lane.app import LaneApp
from agents.lane.producers import CLAIM_KEY
from agents.lane.stats import LanePosition, LaneStats
from agents.lane.table import LaneTable
from agents.lane.types import Effects, Job, LaneRecord, Output, Shard, ShardT, StopWorker

__all__ = [
    "CLAIM_KEY",
    "Effects",
    "Job",
    "LaneApp",
    "LanePosition",
    "LaneRecord",
    "LaneStats",
    "LaneTable",
    "Output",
    "Shard",
    "ShardT",
    "StopWorker",
]
