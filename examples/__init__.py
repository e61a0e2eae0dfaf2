"""Small programs of other people, made of the components."""
