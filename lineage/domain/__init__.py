"""What exists: the table of kinds, names, records, times, and the rules over one or two of them. Pure values, no I/O."""
