"""The commands, one file a topic: options, the question asked of `lineage`, and which form is printed."""
