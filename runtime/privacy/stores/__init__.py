"""Where something is kept of a shopper, one module each."""
