"""The real deliver loop through a day of bad weather, on virtual time."""
