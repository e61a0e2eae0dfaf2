"""Making the picture of a try-on: garments fitted onto the photo of a person."""
