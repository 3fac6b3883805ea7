"""Output for people and other tools: formats, pictures, pages, reports."""
