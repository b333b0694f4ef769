"""Everything that checks Ebbline; shared modules are imported as `tests.…`."""
