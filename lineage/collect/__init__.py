"""A crawl into a snapshot: endpoints, whole accounts, and the objects in S3 that records point at."""
