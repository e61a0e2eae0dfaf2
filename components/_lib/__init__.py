"""Internals shared by the components; nothing here is public."""
