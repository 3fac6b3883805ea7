"""The commands, one file per topic: the options, the call to `lineage`, and the choice of output format."""
