"""State: the fold of the log, kept in state.db; one transaction holds each step whole."""
