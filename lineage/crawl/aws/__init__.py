"""Calls to AWS: sessions, pace, one kind fetched, secrets cut out."""
