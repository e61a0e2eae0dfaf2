"""Vector backends: one module each, one function of one signature, chosen by name."""
