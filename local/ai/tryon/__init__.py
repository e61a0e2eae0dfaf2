"""The stand-ins of the models that dress people: cut-outs, filling, and whole try-ons."""
