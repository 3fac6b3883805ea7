"""Experiments, runs, pipelines and leaderboards."""
