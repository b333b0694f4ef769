"""Secrets: followed from their references, kept encrypted, hidden in whatever is written.

Nothing in here sends anything or knows a vendor. `references` puts secrets into a destination's
settings, `store` is the encrypted file behind `store:`, `hiding` takes secrets out of texts that
are kept, `logs` out of what a process says. Every process hides, few decrypt: modules are
imported by their own names, so that only those load the cryptography.
"""
