"""A crawl into a snapshot: endpoints, whole accounts, and the S3 objects to which records point."""
