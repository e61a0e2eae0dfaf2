"""Ways to build the site's image: one module each, one function of one signature, chosen by name."""
