"""The main job: records of leads and deals become journeys, totals and effects, shard by shard."""
