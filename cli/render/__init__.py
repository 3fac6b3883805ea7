"""How answers look to people: text for terminals and Markdown, tables, JSON."""
