"""A stand-in for Knowledge Bases for Amazon Bedrock: ingestion from S3 and retrieval by full-text search."""
