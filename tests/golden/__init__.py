"""Golden files: what stands in them is what the product does."""
