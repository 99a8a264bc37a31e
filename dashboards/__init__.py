"""Declarations derived from the catalogues: Prometheus rules, alerts, boards and the runbook."""
