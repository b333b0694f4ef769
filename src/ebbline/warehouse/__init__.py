"""The same plan as SQL: what the engine keeps true event by event, asked of all events at once.

Pure: it builds trees and text, and runs nothing. Its one library is sqlglot.
"""

from ebbline.warehouse.answers import Answer, answers
from ebbline.warehouse.dialects.registry import DIALECTS
from ebbline.warehouse.query import Query, members, memberships

__all__ = ["DIALECTS", "Answer", "Query", "answers", "members", "memberships"]
