"""History for Prometheus: any past period from Kafka, as known now, as OpenMetrics text and as blocks."""
