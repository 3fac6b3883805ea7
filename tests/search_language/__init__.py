"""Tests of `lineage/search_language/`."""
