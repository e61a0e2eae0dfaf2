"""Many shoppers at once, in an open model: how much the product holds, and whether anything is lost."""
