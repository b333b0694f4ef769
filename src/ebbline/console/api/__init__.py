"""The management API: HTTP for people's programs. It shapes and guards; it decides nothing.

Only the api process imports this package: the framework is heavy.
"""
