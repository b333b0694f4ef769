"""The laws of the engine and the brute-force oracle they are checked against.

How the folder is laid out:

- `facts`, `scalars`, `aggregates`, `oracle`, `timeline`: the oracle. It is written from the rule
  language alone and recomputes everything from a person's whole list of events at each instant;
  it is slow on purpose and imports nothing of the engine.
- `tape`, `trees`, `histories`, `cases`: random plans and histories. Each piece is read off a tape
  of random bytes (0 is always the simplest choice), so that generation is fast and a failure
  still shrinks.
- `adapter`: the only file that knows the engine's API.
- `test_oracle`: hand-worked cases of the oracle. `test_*_law`: the laws, engine against oracle.
  `test_golden_cases`: what the laws once found, kept small.

The number of random cases per law is the environment variable EBBLINE_CASES (default 200).
"""
