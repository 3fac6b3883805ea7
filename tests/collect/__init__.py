"""Tests of `lineage/collect/`."""
