"""Tests of `lineage/outputs/`."""
