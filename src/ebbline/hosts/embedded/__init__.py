"""The embedded host: supervised processes over one data folder, nothing else to install."""
