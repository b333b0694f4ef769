"""Ebbline keeps audiences true at every moment: events in, exact memberships out."""

__version__ = "0.1.0"
