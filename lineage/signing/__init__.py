"""Signatures over a snapshot: made with the user's key, and checked against the signer that the user names."""
