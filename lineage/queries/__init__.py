"""The questions, one file each. Each takes a graph and gives a frozen answer; none reads a file or a network."""
