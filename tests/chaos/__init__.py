"""Faults on a real Apache Kafka: small ones in every test run, all of them by `make chaos`."""
