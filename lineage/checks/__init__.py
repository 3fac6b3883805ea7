"""The checks: rules that a snapshot is held against, with what a policy file says of them. Pure, but for that file."""
