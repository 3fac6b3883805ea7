"""One SQLite file that keeps what was crawled: records, manifests, seals, and the graph that is joined from them."""
