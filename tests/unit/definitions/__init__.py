"""Tests of definitions: the language and the project folder."""
