"""Who an event belongs to: identifiers, the identity graph, joining and merging.

Decisions only: this room reads a graph and says what should change; hosts store it.
"""
