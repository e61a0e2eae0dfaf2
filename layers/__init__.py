"""The Lambda layers: third-party packages, built from their locks outside of any deployment."""
