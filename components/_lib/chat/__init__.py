"""What the chat agent is made of."""
