"""Signatures over a snapshot: made with a key of the user's, and checked against the signer whom the user names."""
