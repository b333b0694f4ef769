"""Unit tests of the engine room; its laws are in tests/laws."""
