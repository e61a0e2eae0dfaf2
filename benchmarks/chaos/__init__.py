"""Faults one after the other, while shoppers go on: what survives, what is lost, and what a shopper sees."""
