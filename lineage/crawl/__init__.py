"""The only room that talks to AWS. Out of it come `Resource`, `Gap` and `Answered` values, nothing else."""
