"""The providers of try-on pictures, one module each."""
