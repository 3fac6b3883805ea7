"""Tests of `lineage/queries/`."""
