"""Answers as people read them: text for terminals and Markdown, tables, JSON."""
