"""What is told to people and other tools: formats, pictures, pages, reports."""
