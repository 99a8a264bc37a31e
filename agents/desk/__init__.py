"""The desk: what all workers hold together, told on one topic, shown by each and mirrored in Redis."""
