"""Delivery in a storm, on virtual time."""
