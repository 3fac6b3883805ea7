"""The version of lineage: the one place where it is written down."""

__version__ = "1.0.0"
