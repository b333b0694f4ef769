"""Golden cases of the rule language."""
