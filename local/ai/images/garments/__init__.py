"""Clothes as they are worn: cut to a body in its pose.

The cloth itself (patterns, weaves, folds, light) is that of the shop's drawn garments.
"""
