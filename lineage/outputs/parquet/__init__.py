"""Snapshots as folders of Parquet, for bulk questions on an engine: one folder may hold many accounts."""
