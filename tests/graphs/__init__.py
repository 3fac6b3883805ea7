"""Tests of `lineage/graphs/`."""
