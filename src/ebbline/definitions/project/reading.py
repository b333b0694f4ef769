"""YAML values read by their shape: plain data out, a located finding for each thing wrong."""

from __future__ import annotations

from typing import Any

from ebbline.definitions.durations import parse_duration
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.limits import NAME_LENGTH_MAX
from ebbline.definitions.moments import parse_moment
from ebbline.definitions.project import shapes
from ebbline.definitions.project.document import AnyValue, Document, Entry, Map, Scalar, Seq
from ebbline.definitions.sizes import parse_size


class Read:
    """A record that was read: values by key, and where each stands."""

    def __init__(self, document: Document, at: Scalar | Seq | Map) -> None:
        self.document = document
        self.at = at
        self.values: dict[str, Any] = {}
        self.places: dict[str, AnyValue] = {}
        self.free: dict[str, Entry] = {}
        self.broken = False  # something in it was wrong and has been reported

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, or `default` when it is absent or was wrong."""
        return self.values.get(name, default)

    def place(self, name: str) -> AnyValue:
        """Where the value of a key stands, the record itself when it is absent."""
        return self.places.get(name, self.at)

    def problem(self, name: str, code: str, message: str, hint: str = "") -> None:
        """Note an error at a key's value."""
        self.document.problem(self.place(name), code, message, hint)

    def not_enforced(self, name: str) -> None:
        """Warn that a key is read and has no effect; silence would be a promise."""
        message = f"{name} is not enforced by this version"
        place = self.place(name)
        self.document.problem(place, "not_enforced", message, "it has no effect", warning=True)


class Named:
    """One entry of a mapping with names the user chose."""

    def __init__(self, key: Scalar, value: Any) -> None:
        self.key = key
        self.value = value


def read(document: Document, shape: shapes.AnyShape, value: AnyValue) -> Any:
    """The value as its shape says, or None after noting why not."""
    match shape:
        case shapes.Record():
            return _record(document, shape, value)
        case shapes.NamedOf():
            return _named(document, shape, value)
        case shapes.ListOf(item=item):
            if not isinstance(value, Seq):
                return _wrong(document, value, "a list")
            read_items = [read(document, item, one) for one in value.items]
            return [one for one in read_items if one is not None]
        case shapes.Mapping():
            if isinstance(value, Scalar) and value.value is None:
                return {}
            return plain(value) if isinstance(value, Map) else _wrong(document, value, "a mapping")
        case shapes.Anything():
            return plain(value)
        case _:
            if not isinstance(value, Scalar):
                return _wrong(document, value, _WORDS[type(shape)])
            return _scalar(document, shape, value)


_WORDS: dict[type, str] = {
    shapes.Text: "a text",
    shapes.Single: "a text or a number",
    shapes.Rule: "a rule",
    shapes.Length: "a duration",
    shapes.Size: "an amount of bytes",
    shapes.Day: "a date",
    shapes.Number: "a number",
    shapes.Flag: "true or false",
}


def _wrong(document: Document, value: AnyValue, wanted: str, hint: str = "") -> None:
    if isinstance(value, Scalar):
        found = "nothing" if value.value is None else f"{value.text!r}"
    else:
        found = "a list" if isinstance(value, Seq) else "a mapping"
    document.problem(value, "wrong_type", f"{wanted} is expected here, not {found}", hint)


def _scalar(document: Document, shape: shapes.AnyShape, scalar: Scalar) -> Any:
    value = scalar.value
    match shape:
        case shapes.Rule():
            return _wrong(document, scalar, "a rule") if value is None else scalar
        case shapes.Single():
            return _wrong(document, scalar, "a text or a number") if value is None else value
        case shapes.Text():
            return _text(document, shape, scalar)
        case shapes.Flag():
            return value if isinstance(value, bool) else _wrong(document, scalar, "true or false")
        case shapes.Number(whole=whole, least=least):
            fits = type(value) is int or (type(value) is float and not whole)
            if not fits or (least is not None and value < least):  # type: ignore[operator]
                what = "a whole number" if whole else "a number"
                bound = "" if least is None else f" of at least {least:g}"
                return _wrong(document, scalar, what + bound)
            return value
        case shapes.Length():
            ms = parse_duration(scalar.text)
            if ms is None or ms < 0:
                return _wrong(document, scalar, "a duration", "write it like 24h or 1d12h")
            return ms
        case shapes.Size():
            size = parse_size(scalar.text)
            if size is None:
                return _wrong(document, scalar, "an amount of bytes", "write it like 1.5GB")
            return size
        case shapes.Day():
            if len(scalar.text) != 10 or parse_moment(scalar.text) is None:
                return _wrong(document, scalar, "a date", "write it like 2027-06-30")
            return scalar.text
        case _:
            return None  # the other shapes are no scalars: `read` has dealt with them


def _text(document: Document, shape: shapes.Text, scalar: Scalar) -> str | None:
    value = scalar.value
    if value is None and shape.empty:
        return ""
    if not isinstance(value, str) and not (shape.loose and value is not None):
        _wrong(document, scalar, "a text", "put it in quotes" if value is not None else "")
        return None
    if not scalar.text and not shape.empty:
        document.problem(scalar, "wrong_type", "a text is expected here, this is empty")
        return None
    if shape.choices and scalar.text not in shape.choices:
        hint = did_you_mean(scalar.text, shape.choices, quoted=False)
        hint = hint or "one of " + ", ".join(shape.choices)
        document.problem(scalar, "wrong_value", f"{scalar.text} is not possible here", hint)
        return None
    return scalar.text


def _named(document: Document, shape: shapes.NamedOf, value: AnyValue) -> Any:
    if isinstance(value, Scalar) and value.value is None:
        return {}
    if not isinstance(value, Map):
        return _wrong(document, value, f"a mapping from {shape.what} to its definition")
    made: dict[str, Named] = {}
    for name, entry in value.entries.items():
        if not name.strip() or len(name) > NAME_LENGTH_MAX:
            message = f"a name has 1 to {NAME_LENGTH_MAX} characters"
            document.problem(entry.key, "bad_name", message)
            continue
        made[name] = Named(entry.key, _item(document, shape.item, entry))
    return made


def _item(document: Document, shape: shapes.AnyShape, entry: Entry) -> Any:
    empty = isinstance(entry.value, Scalar) and entry.value.value is None
    if empty and isinstance(shape, shapes.Record):
        missing = [field.name for field in shape.fields if field.required]
        missing += shape.either[0] if shape.either else ()
        if missing:
            message = f"{entry.key.text} lacks {missing[0]}:"
            document.problem(entry.key, "missing_key", message)
            return None
        return Read(document, entry.key)
    made = read(document, shape, entry.value)
    if isinstance(made, Read):
        made.at = entry.key
    return made


def _record(document: Document, shape: shapes.Record, value: AnyValue) -> Read | None:
    made = Read(document, value)
    fields = {field.name: field for field in shape.fields}
    if isinstance(value, Scalar) and shape.short and value.value is not None:
        made.values[shape.short] = read(document, fields[shape.short].shape, value)
        made.places[shape.short] = value
        made.broken = made.values[shape.short] is None
        return made
    if not isinstance(value, Map):
        _wrong(document, value, "a mapping with " + _some(shape))
        return None
    for name, entry in value.entries.items():
        field = fields.get(name)
        if field is not None:
            made.places[name] = entry.value
            made.values[name] = read(document, field.shape, entry.value)
            made.broken |= made.values[name] is None
        elif shape.free:
            made.free[name] = entry
        else:
            hint = did_you_mean(name, fields, quoted=False) or "known are " + _some(shape)
            document.problem(entry.key, "unknown_key", f"unknown key {name}", hint)
            made.broken = True
    for field in shape.fields:
        if field.required and field.name not in value.entries:
            place = Scalar(None, "", value.start, value.start + 1)
            document.problem(place, "missing_key", f"{field.name}: is missing")
            made.broken = True
    made.broken |= bool(shape.either) and not _either(document, shape, value)
    return made


def _either(document: Document, shape: shapes.Record, value: Map) -> bool:
    """Whether the keys of just one alternative are there; notes why not."""
    begun = [keys for keys in shape.either if any(key in value.entries for key in keys)]
    if len(begun) > 1:
        first, second = (next(k for k in keys if k in value.entries) for keys in begun[:2])
        message = f"{second}: stands in place of {first}:, not beside it"
        document.problem(value.entries[second].key, "bad_option", message)
        return False
    missing = [key for key in (begun or shape.either)[0] if key not in value.entries]
    for key in missing:
        place = Scalar(None, "", value.start, value.start + 1)
        hint = f"it belongs to {begun[0][0]}: and {begun[0][-1]}:" if begun else ""
        document.problem(place, "missing_key", f"{key}: is missing", hint)
    return not missing


def _some(shape: shapes.Record) -> str:
    names = [field.name for field in shape.fields]
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")


def plain(value: AnyValue) -> Any:
    """A value as plain data."""
    match value:
        case Scalar():
            return value.value
        case Seq(items=items):
            return [plain(item) for item in items]
        case Map(entries=entries):
            return {name: plain(entry.value) for name, entry in entries.items()}
