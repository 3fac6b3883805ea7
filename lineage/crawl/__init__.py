"""The only room that talks to AWS. It gives `Resource`, `Gap` and `Answered` values, nothing else."""
