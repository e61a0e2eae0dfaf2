"""The models that make a try-on, one module each behind the port."""
