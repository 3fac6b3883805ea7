"""One SQLite file that stores a crawl's results: records, manifests, seals, and the graph joined from them."""
