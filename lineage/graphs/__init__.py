"""Records joined into edges, and shown as networkx graphs, whole or one neighbourhood."""
