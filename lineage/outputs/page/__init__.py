"""The graph as one page that opens from disk."""
