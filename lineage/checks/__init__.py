"""The checks: rules for a snapshot, applied as a policy file says. Pure, except for reading that file."""
