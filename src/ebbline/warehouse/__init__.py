"""The same plan as SQL: what the engine keeps true event by event, asked of all events at once.

Pure: it builds trees and text, and runs nothing. Its one library is sqlglot.
"""

from ebbline.warehouse.query import Query, memberships

__all__ = ["Query", "memberships"]
