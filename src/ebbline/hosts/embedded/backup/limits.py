"""The limits of backups, each with its unit and its reason."""

from __future__ import annotations

# The format of a backup file: raised when an older Ebbline could no longer restore it.
FORMAT = 1

# Level of zstd: the log is compressed already, and higher levels take the processor from the
# system that runs meanwhile for a few percent.
ZSTD_LEVEL = 3

# Pages of a database that are copied between two looks at the progress (4 MiB at 4 KiB a page).
PAGES_PER_STEP = 1_024

# Bytes read and written at a time: few calls, little memory.
BLOCK_BYTES = 1 << 20

# Bytes of a manifest: a history of ten years, a dozen files for each day, takes 8 MB. A longer
# one is no manifest of ours, and would be read into memory whole.
MANIFEST_BYTES_MAX = 32 << 20

# Bytes of secrets.json: its own limits keep it far below. It is read into memory whole.
SECRETS_BYTES_MAX = 64 << 20
