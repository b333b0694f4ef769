"""The routes of the API by topic. A module per topic, a function per operation."""

from ebbline.console.api.doors import (
    access,
    audiences,
    changes,
    deciding,
    deliveries,
    evaluate,
    events,
    members,
    people,
    reconciling,
    system,
)

ALL = (
    system.routes,
    audiences.routes,
    changes.routes,
    people.routes,
    members.routes,
    deciding.routes,
    evaluate.routes,
    events.routes,
    deliveries.routes,
    reconciling.routes,
    access.routes,
)
