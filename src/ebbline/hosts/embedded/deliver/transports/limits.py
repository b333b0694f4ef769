"""The limits of files and databases as ways to deliver, each with its unit and its reason."""

from __future__ import annotations

# Connections to one database that are kept open while nobody uses them: as many as a connector
# uses at a time. An idle one costs its server some megabytes.
IDLE_CONNECTIONS_MAX = 2

# Seconds for a connection to a database to come about, TLS and password included.
CONNECT_SECONDS = 10

# Milliseconds that the server gives up before we do, so that its word arrives and not silence.
SERVER_FIRST_MS = 2_000

# Bits of the files we write: others of the group may read what is exported, nobody else.
FILE_MODE = 0o640

# Bits of the folders we make below the one that is there, for the same keys to the same people.
FOLDER_MODE = 0o750

# Folders between the root and a file; a template of names rarely has three levels.
LEVELS_MAX = 20
