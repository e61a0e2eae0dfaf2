"""Using the shop as a shopper would, to see whether it works."""
