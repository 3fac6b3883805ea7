"""The tests, in the rooms of `lineage/`; shared helpers are beside these."""
