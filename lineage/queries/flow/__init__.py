"""The walk that all questions share: from a reader to the writers of what it read, and onwards."""
