"""Looks at a deployed stack as a whole and names what is wrong with it."""
