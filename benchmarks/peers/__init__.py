"""Other ways to the same answers, measured beside the product.

Nothing here is shared with the engine: what an event is, whose it is and what a question means
are written down once more, so the exact loop also serves as a brute force to check against.
"""
