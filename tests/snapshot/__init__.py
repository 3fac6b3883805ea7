"""Tests of `lineage/snapshot/`."""
