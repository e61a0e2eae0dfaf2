"""Where a knowledge base keeps its vectors."""
