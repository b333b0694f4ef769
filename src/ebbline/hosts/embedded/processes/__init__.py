"""The processes of the embedded host, one module each; `python -m` of this package is a child."""
