"""Rules that every stack keeps; plain functions, used by the tests and by a Pulumi policy pack."""
