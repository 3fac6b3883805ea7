"""Tests of signatures over a snapshot."""
