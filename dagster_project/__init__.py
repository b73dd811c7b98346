"""Orchestration: the graph of one run as Dagster assets. Glue alone: read, call one function, report."""
