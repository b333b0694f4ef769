"""Many people: how much memory they take, and how soon a system with them serves again."""
