"""The tests, in the rooms of `lineage/`; what several of them share stands beside these."""
