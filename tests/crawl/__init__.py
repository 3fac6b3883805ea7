"""Tests of `lineage/crawl/`."""
