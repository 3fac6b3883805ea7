"""The questions, one file each. Each takes a graph and returns a frozen answer. None reads a file or a network."""
