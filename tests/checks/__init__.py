"""Tests of `lineage/checks/`."""
