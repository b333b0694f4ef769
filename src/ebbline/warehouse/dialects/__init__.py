"""A module per group of related dialects, and the register of all."""
