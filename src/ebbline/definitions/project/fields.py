"""The tables of every project file: keys, shapes, help. Adding a key starts here."""

from __future__ import annotations

from ebbline.definitions.project.shapes import (
    AnyShape,
    Anything,
    Day,
    Field,
    Flag,
    Length,
    ListOf,
    Mapping,
    NamedOf,
    Number,
    Record,
    Rule,
    Single,
    Size,
    Text,
)

_TEXTS = ListOf(Text())
_ANY_TEXT = Text(empty=True)
_LIST_VALUES = ListOf(Single())
PROPERTY_TYPES = (
    "string", "number", "integer", "boolean", "timestamp", "array", "object", "any",
)  # fmt: skip
_BOUND, _SIZE = Number(), Number(whole=True, least=0)
SCHEMA_KEYWORDS: dict[str, AnyShape] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _BOUND),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _SIZE),
    "enum": ListOf(Anything()),
    "const": Anything(),
    **dict.fromkeys(("multipleOf", "pattern", "format", "items", "properties"), Anything()),
}
"""JSON Schema's keywords that may be written; `events.declared` knows those that are enforced."""

IDENTIFIER = Record(
    (
        Field("type", Text(), "user_id, email, phone, anonymous_id or a trait's name", True),
        Field("limit", Number(whole=True, least=1), "identifiers of this type per person"),
        Field("pii", Flag(), "personal data: masked wherever it is shown"),
    )
)
ALERT = Record(
    (
        Field("webhook", Text(), "an address that is sent alerts, signed as Standard Webhooks"),
        Field("secret", Text(), "env:NAME or file:PATH of the secret that signs them"),
        Field("email", Text(), "in place of webhook: an address that is written to"),
        Field("smtp", Text(), "the server, smtp://user@host:587, or smtps://"),
        Field("from", Text(), "the sender; the receiver itself when left out"),
        Field("password", Text(), "env:NAME or file:PATH of the password at the server"),
    )
)
SLO = Record(
    (
        Field("latency_alert", Length(), "past this from event to answer somebody is told; 90s"),
        Field("latency_objective", Length(), "within this a change is to arrive; 120s"),
        Field(
            "success", Text(loose=True), "share of changes that is to arrive, and in time; 99.9%"
        ),
        Field("window", Length(), "over which the error budget is reckoned; 30d"),
        Field("alerts", ListOf(ALERT), "who is told"),
    )
)
PROJECT = Record(
    (
        Field("name", Text(), "the project's name", required=True),
        Field("version", Text(loose=True), "your own version of these definitions"),
        Field("time_zone", Text(), "IANA name such as Europe/Berlin; UTC when left out"),
        Field(
            "identity",
            Record((Field("identifiers", ListOf(IDENTIFIER), "highest priority first"),)),
            "which identifiers make one person",
        ),
        Field("lateness", Length(), "events that come later than this are counted as late; 30d"),
        Field("lists", NamedOf(_LIST_VALUES, "list"), "fixed lists that rules can name"),
        Field(
            "retention",
            Record((Field("events", Length(), "how long the history keeps events: days"),)),
            "how long things are kept",
        ),
        Field(
            "limits",
            Record((Field("memory", Size(), "what the engine may keep people in; 1GiB"),)),
            "bounds of the running system",
        ),
        Field("slo", SLO, "service levels of delivery"),
        Field("settings", Mapping(), "settings of the running system"),
    )
)

PROPERTY = Record(
    (
        Field("type", Text(PROPERTY_TYPES), "kind of value"),
        Field("required", Flag(), "every such event must have it"),
        Field("aliases", _TEXTS, "other names it may come under"),
        Field("pii", Flag(), "personal data"),
        Field("description", _ANY_TEXT, "what it holds"),
        *(Field(name, shape, "as in JSON Schema") for name, shape in SCHEMA_KEYWORDS.items()),
    ),
    short="type",
)
EVENT = Record(
    (
        Field("aliases", _TEXTS, "other names of the event; GA4's and Segment's are built in"),
        Field("description", _ANY_TEXT, "when it happens"),
        Field("properties", NamedOf(PROPERTY, "property"), "what comes with it"),
    )
)
_ON = ("quarantine", "drop_field", "allow")
TRACKING = Record(
    (
        Field("events", NamedOf(EVENT, "event"), "events that may come in"),
        Field("traits", NamedOf(PROPERTY, "trait"), "traits that may come in"),
        Field("on_violation", Text(_ON), "what happens to values that break the plan"),
        Field("unplanned", Text(_ON), "what happens to events that are not planned"),
    )
)

TRAIT = Record(
    (
        Field("value", Rule(), "an expression of the rule language", required=True),
        Field("description", _ANY_TEXT, "what it means"),
        Field("owner", Text(), "who answers for it"),
        Field("tags", _TEXTS, "for finding it"),
    ),
    short="value",
)
TRAITS = Record((Field("traits", NamedOf(TRAIT, "trait"), "computed traits"),))

EXAMPLE_EVENT = Record(
    (
        Field("at", Length(), "offset from the example's start, such as 24h10m", required=True),
        Field("user", Text(loose=True), "userId; with `anonymous` too it is a login"),
        Field("anonymous", Text(loose=True), "anonymousId"),
        Field("track", Text(), "event name of a track call"),
        Field("page", Text(), "page call: the page's name, or its path when it begins with /"),
        Field("screen", Text(), "screen call: the screen's name"),
        Field("identify", Mapping(), "identify call: the traits"),
        Field("group", Text(loose=True), "group call: the groupId"),
        Field("alias", Text(loose=True), "alias call: the previousId"),
        Field("properties", Mapping(), "properties of a track, page or screen call"),
        Field("traits", Mapping(), "traits of a group call"),
        Field("context", Mapping(), "the call's context"),
        Field("times", Number(whole=True, least=1), "how many such calls"),
        Field("every", Length(), "time between them; at the same instant when left out"),
        Field("late", Length(), "how long after it happened it is received"),
        Field("id", Text(loose=True), "messageId; the same one twice is a duplicate"),
    )
)
EXPECTATION = Record(
    (
        Field("at", Length(), "offset from the example's start", required=True),
        Field("in", Flag(), "whether the person satisfies the audience", required=True),
        Field("effective", Flag(), "the same after priority groups"),
        Field("audience", Text(), "another audience than the one the example stands under"),
        Field("user", Text(loose=True), "whose; needed when the example has several people"),
        Field("anonymous", Text(loose=True), "whose, by anonymousId"),
    )
)
EXAMPLE = Record(
    (
        Field("name", Text(), "what it shows", required=True),
        Field("events", ListOf(EXAMPLE_EVENT), "what happens"),
        Field("expect", ListOf(EXPECTATION), "what must hold", required=True),
    )
)
AUDIENCE = Record(
    (
        Field("when", Rule(), "a condition of the rule language"),
        Field("enter_when", Rule(), "in place of when: who enters"),
        Field("exit_when", Rule(), "with enter_when: who leaves"),
        Field("hold", Length(), "the least time they stay"),
        Field("cooldown", Length(), "the least time they are away before they enter again"),
        Field("limit_to_purposes", _TEXTS, "only people who consented to all of these"),
        Field("description", _ANY_TEXT, "who they are"),
        Field("owner", Text(), "who answers for it"),
        Field("tags", _TEXTS, "for finding it"),
        Field("review_by", Day(), "when somebody looks at it again"),
        Field("parent", Text(), "an audience they must be in as well"),
        Field("archived", Flag(), "kept in the file, not evaluated"),
        Field("examples", ListOf(EXAMPLE), "events and what must follow from them"),
        Field("sql", Rule(), "one SELECT whose result is who is in, run at each refresh"),
        Field("refresh", Text(loose=True), "with sql: how often, 1h, or when, daily 06:00"),
    ),
    either=(("when",), ("enter_when", "exit_when"), ("sql", "refresh")),
)
GROUP = Record(
    (
        Field("priority", _TEXTS, "audiences, the strongest first", required=True),
        Field("description", _ANY_TEXT, "what they compete for"),
    )
)
AUDIENCES = Record(
    (
        Field("audiences", NamedOf(AUDIENCE, "audience"), "audiences"),
        Field("groups", NamedOf(GROUP, "group"), "priority groups"),
    )
)

SYNC = Record(
    (
        Field("audience", Text(), "an audience: sent as true or false"),
        Field("trait", Text(), "a trait: sent as its value"),
        Field("as", Text(), "the name at the destination; the same name when left out"),
        Field("min_change", Number(least=0), "least difference of a number worth sending"),
        Field("mode", Text(), "in which form: attribute, event, list or another the connector has"),
        Field("changes", Text(("net", "every")), "what changes came to, or an event for each"),
        Field("only", Text(("entries", "exits")), "one kind of change of an audience"),
        Field("priority", Text(("high", "usual")), "high: before all else for the destination"),
        Field("purposes", _TEXTS, "what it is used for, besides the destination's purposes"),
    )
)
PROBE = Record(
    (
        Field("every", Length(), "how often the whole way is tested", required=True),
        Field("trait", Text(), "a synced trait that the probe's event changes", required=True),
        Field("user", Text(loose=True), "userId of the test person; ebbline-probe"),
        Field("event", Text(), "name of the event it is sent; Ebbline Probe"),
    )
)
RECONCILE = Record(
    (
        Field("every", Length(), "how often; left out: only when somebody asks"),
        Field("sample", Number(least=0), "so many people drawn by chance; 0: everybody"),
        Field("heal", Flag(), "send again what has drifted; yes when left out"),
    )
)
DESTINATION = Record(
    (
        Field("type", Text(), "the connector", required=True),
        Field("purposes", _TEXTS, "what the data is used for there"),
        Field("sync", ListOf(SYNC), "what it receives"),
        Field("reconcile", RECONCILE, "reading back what it holds"),
        Field("probe", PROBE, "a test of the whole way, on a schedule"),
    ),
    free=True,
)
DESTINATIONS = Record(
    (Field("destinations", NamedOf(DESTINATION, "destination"), "where changes go"),)
)
SOURCE = Record(
    (
        Field("type", Text(("http",)), "how events come in"),
        Field("write_key", Text(loose=True), "the key that SDKs send", required=True),
        Field("description", _ANY_TEXT, "what sends here"),
    )
)
SOURCES = Record((Field("sources", NamedOf(SOURCE, "source"), "where events come from"),))

KINDS: dict[str, Record] = {
    "ebbline.yml": PROJECT,
    "tracking-plan": TRACKING,
    "traits": TRAITS,
    "audiences": AUDIENCES,
    "destinations": DESTINATIONS,
    "sources": SOURCES,
}
