"""Making the indexes that a deployment needs before anything can use them."""
