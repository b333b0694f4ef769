"""The limits of secrets, each with its unit and its reason."""

from __future__ import annotations

# Bytes of one secret, stored or in the file that a file: reference names; keys are short, and a
# whole service account is 3 kB. Anything longer is a mistake.
SECRET_BYTES_MAX = 16 << 10

# Characters below which a text is no secret: hiding it would blot out half of every text.
SECRET_CHARS_MIN = 4

# Names in one store: far more than a project has destinations; bounds the file.
NAMES_MAX = 1_000

# Characters of a name; it stands in project files and tables.
NAME_CHARS_MAX = 64

# Versions of one name that are kept; only the newest two matter while one replaces the other.
VERSIONS_MAX = 5

# Bytes of the store's file: all names with all versions stay well below it.
STORE_BYTES_MAX = 256 << 20

# Bytes of a file of keys; a line of 70 for each store of this machine.
KEY_FILE_BYTES_MAX = 1 << 20

# Bytes of a key, for keys and for what they wrap: AES-256.
KEY_BYTES = 32

# Bytes of a nonce of AES-GCM (NIST SP 800-38D, 8.2): drawn anew for each encryption.
NONCE_BYTES = 12

# Characters at the beginning of a secret by which a text that was cut off in the middle of it is
# still recognised: at least, and at most of a long one. Fewer would hit ordinary words.
HEAD_CHARS_MIN = 12
HEAD_CHARS_MAX = 24  # characters, see above

# Characters of a piece of base64 that betray a secret wherever it stands in the encoded text;
# shorter ones occur by chance.
FRAGMENT_CHARS_MIN = 8

# Characters of a part of a secret ("Bearer x", lines of a key) that is hidden by itself: where
# there are two parts, and where there are more.
PART_CHARS_MIN = 8
PART_OF_MANY_CHARS_MIN = 16  # characters, see above

# Parts of one secret that are hidden by themselves: the lines of the longest key.
PARTS_MAX = 256

# Compiled patterns kept, each for the keys of one destination: more than a project has of them.
PATTERNS_MAX = 64

# Keys and tokens that the log of a process hides; the oldest are forgotten. More than it ever has.
LOGGED_SECRETS_MAX = 2_000
