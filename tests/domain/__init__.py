"""Tests of `lineage/domain/`."""
