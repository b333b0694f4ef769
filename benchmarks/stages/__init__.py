"""The stages of an event's way, each driven alone with the product's own parts."""
