"""Files and objects hold every change, however often requests are repeated."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.files.rows import COLUMNS
from ebbline.connectors.files.sandbox import Folder, files_sandbox
from ebbline.connectors.instants import iso
from ebbline.connectors.s3.sandbox import Bucket, s3_sandbox
from ebbline.connectors.s3.signing import Key, authorization, hash_of
from ebbline.delivery import Address, Feed, Item, Send, Value
from tests.unit.connectors.asgi import Door
from tests.unit.connectors.driving import Drive, changes

FILES, S3 = connector_of("files"), connector_of("s3")
KEY = Key("AKIA", "hush", "eu-central-1")
FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed("score", "number", "trait:score"),
    Feed("name", "text", "trait:name"),
    Feed("since", "timestamp", "trait:since"),
    Feed("tags", "list", "trait:tags"),
)
FORMS = st.fixed_dictionaries({
    "format": st.sampled_from(["ndjson", "csv"]),
    "gzip": st.booleans(),
    "batch_size": st.sampled_from([1, 3, 10_000]),
    "every_seconds": st.sampled_from([0, 1, 60]),
})  # fmt: skip


def files_settings(**more):
    settings = FILES.read_settings({"path": "/srv/exports"} | more)
    assert not isinstance(settings, tuple), settings
    return settings


def s3_settings(**more):
    settings = S3.read_settings(
        {"bucket": "exports", "key_id": "AKIA", "secret": "hush", "region": "eu-central-1"} | more
    )
    assert not isinstance(settings, tuple), settings
    return settings


def place(kind, form):
    """A connector, its settings, and where its files end up."""
    if kind == "files":
        vendor = Folder()
        return FILES, files_settings(**form), vendor, vendor.files
    vendor = Bucket(KEY, "exports")
    return S3, s3_settings(**form), vendor, vendor.objects


def rows_of(vendor, kind):
    """Every row of every file, CSV with its values as text."""
    found = []
    for path, text in vendor.views("files" if kind == "files" else "objects", {}).items():
        if ".csv" in path:
            assert text.startswith(",".join(COLUMNS) + "\r\n")
            assert text.endswith("\r\n")
            found += list(csv.DictReader(io.StringIO(text, newline="")))
        else:
            assert text.endswith("\n")
            found += [msgspec.json.decode(line) for line in text.encode().split(b"\n")[:-1]]
    return found


def as_csv(value):
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def plain(feed, value):
    return iso(value) if feed.kind == "timestamp" and value is not None else value


@given(changes(FEEDS), FORMS, st.sampled_from(["files", "s3"]), st.none() | st.integers(0, 999))
def test_the_newest_rows_are_what_is_true(history, form, kind, seed):
    connector, settings, vendor, _ = place(kind, form)
    drive = Drive(connector, settings, FEEDS, vendor.answer, seed=seed)
    for change in history:
        drive.change(*change)
    drive.settle_all()
    newest = {}
    for row in sorted(rows_of(vendor, kind), key=lambda row: int(row["version"])):
        newest[row["person"], row["name"]] = row["value"]
    for (person, field), value in drive.wanted.items():
        feed = next(feed for feed in FEEDS if feed.field == field)
        wanted = plain(feed, value)
        nothing = False if feed.kind == "audience" else None
        held = newest.get((person, field), as_csv(nothing) if settings.format == "csv" else nothing)
        assert held == (as_csv(wanted) if settings.format == "csv" else wanted)


@given(changes(FEEDS[:2]), FORMS, st.sampled_from(["files", "s3"]), st.none() | st.integers(0, 999))
def test_every_change_is_told_and_repeats_have_the_same_id(history, form, kind, seed):
    connector, settings, vendor, _ = place(kind, form)
    feeds = tuple(msgspec.structs.replace(feed, mode="event", every=True) for feed in FEEDS[:2])
    drive = Drive(connector, settings, feeds, vendor.answer, seed=seed)
    for person, feed, value in history:
        drive.change(person, msgspec.structs.replace(feed, mode="event", every=True), value)
    drive.settle_all()
    rows = rows_of(vendor, kind)
    by_version = {int(row["version"]): row["id"] for row in rows}
    assert len({row["id"] for row in rows}) == len(by_version)
    assert sorted(by_version) == list(range(1, len(history) + 1))


def send_of(*values, at_ms=1_767_225_600_000):
    return Send(1, "shop", (Item(Address("user_id", "a,b"), values),), at_ms)


def value_of(name, kind, held, version=1):
    return Value(name, kind, held, version, 1_767_222_000_000, 0)


def test_csv_is_as_rfc_4180_has_it():
    values = (
        value_of("vip", "audience", True),
        value_of("tags", "list", ['a"b', None], 2),
        value_of("gone", "text", None, 3),
        value_of("name", "text", "a,b\nc", 4),
        value_of("empty", "text", "", 5),
    )
    made = FILES.encode(send_of(*values), Setup(files_settings(format="csv"))).body
    lines = [line.split(b",", 1)[1] for line in made.split(b"\r\n")[:-1]]
    rest = b"2025-12-31T23:00:00.000Z,shop"
    assert lines == [
        b"type,person_type,person,name,value,version,timestamp,destination",
        b'audience.entered,user_id,"a,b",vip,true,1,' + rest,
        b'trait.changed,user_id,"a,b",tags,"[""a\\""b"",null]",2,' + rest,
        b'trait.changed,user_id,"a,b",gone,,3,' + rest,
        b'trait.changed,user_id,"a,b",name,"a,b\nc",4,' + rest,
        b'"trait.changed","user_id","a,b","empty","","5","2025-12-31T23:00:00.000Z","shop"',
    ]


def test_a_repeat_writes_the_same_bytes_under_the_same_name():
    setup = Setup(files_settings(gzip=True))
    first, again = (FILES.encode(send_of(value_of("vip", "audience", True), at_ms=at_ms), setup)
                    for at_ms in (1_767_225_600_000, 1_767_999_999_999))  # fmt: skip
    assert first == again
    assert first.url.endswith(".ndjson.gz")
    other = FILES.encode(send_of(value_of("vip", "audience", False)), setup)
    assert other.url != first.url


NAMES = [
    ("../{id}", "Between slashes"),
    ("a//{id}", "Between slashes"),
    ("/{id}", "Between slashes"),
    (".{id}", "Between slashes"),
    ("{id}/", "Between slashes"),
    ("a b/{id}", "Between slashes"),
    ("{day}/{id}", "Between slashes"),
    ("{date}", "Without {id}"),
    ("x" * 300 + "{id}", "At most 300"),
]


@pytest.mark.parametrize(("name", "says"), NAMES)
def test_names_that_could_lead_elsewhere(name, says):
    for connector, settings in (
        (FILES, {"path": "/srv"}),
        (S3, {"bucket": "exports", "key_id": "a", "secret": "b"}),
    ):
        (problem,) = connector.read_settings(settings | {"name": name})
        assert problem.where == "name"
        assert says in problem.message


@pytest.mark.parametrize("path", ["exports", "/srv/../etc", "/", "//srv", "/srv//x", "/a\0b", ""])
def test_paths_that_are_no_folder(path):
    (problem,) = FILES.read_settings({"path": path})
    assert problem.where == "path"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"bucket": "Exports"}, "bucket"),
        ({"bucket": "a"}, "bucket"),
        ({"bucket": "a/../b"}, "bucket"),
        ({"region": "eu central"}, "region"),
        ({"endpoint": "http://example.org"}, "endpoint"),
        ({"endpoint": "https://example.org/?x"}, "endpoint"),
        ({"prefix": "../x"}, "prefix"),
        ({"format": "parquet"}, "format"),
    ],
)
def test_buckets_that_are_none(more, where):
    settings = {"bucket": "exports", "key_id": "a", "secret": "b"} | more
    (problem,) = S3.read_settings(settings)
    assert problem.where == where


AWS = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
VECTORS = [
    (
        "GET",
        "/test.txt",
        {"range": "bytes=0-9"},
        b"",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "PUT",
        "/test%24file.text",
        {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        b"Welcome to Amazon S3.",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    (
        "GET",
        "/?lifecycle",
        {},
        b"",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    (
        "GET",
        "/?max-keys=2&prefix=J",
        {},
        b"",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
]


@pytest.mark.parametrize(("method", "path", "more", "body", "signature"), VECTORS)
def test_the_published_vectors_of_signature_version_4(method, path, more, body, signature):
    host = "examplebucket.s3.amazonaws.com"
    headers = {
        "host": host,
        "x-amz-date": "20130524T000000Z",
        "x-amz-content-sha256": hash_of(body),
    }
    made = authorization(AWS, method, f"https://{host}{path}", headers | more)
    assert made.endswith(f"Signature={signature}")


def put(**more):
    settings = s3_settings(endpoint="https://s3.example.org", **more)
    made = S3.encode(send_of(value_of("vip", "audience", True)), Setup(settings))
    headers = {name.lower(): value for name, value in made.headers}
    return made.url.removeprefix("https://s3.example.org"), made.body, headers | {
        "host": "s3.example.org"
    }  # fmt: skip


async def said(door, path, body, headers):
    content = {
        "method": "PUT", "path": path, "query_string": b"", "type": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    parts, told = iter([{"type": "http.request", "body": body, "more_body": False}]), []

    async def receive():
        return next(parts)

    async def send(message):
        told.append(message)

    await door.app(content, receive, send)
    return told[0]["status"], told[1]["body"].decode()


async def test_the_bucket_checks_who_asks():
    door = Door(s3_sandbox, key=KEY, bucket="exports")
    path, body, headers = put()
    assert (await said(door, path, body, headers))[0] == 200
    _, _, objects = await door.ask("GET", "/sandbox/objects")
    assert list(objects) == [path.removeprefix("/exports/")]
    cases = [
        (put(secret="other"), "SignatureDoesNotMatch"),
        (put(key_id="BKIA"), "InvalidAccessKeyId"),
        (put(region="us-east-1"), "AuthorizationHeaderMalformed"),
        (put(bucket="another"), "NoSuchBucket"),
        ((path, body + b"x", headers), "XAmzContentSHA256Mismatch"),
        ((path, body, headers | {"x-amz-content-sha256": hash_of(b"")}), "SignatureDoesNotMatch"),
        ((path + "x", body, headers), "SignatureDoesNotMatch"),
        ((path, body, headers | {"host": "s3.example.com"}), "SignatureDoesNotMatch"),
        ((path, body, headers | {"authorization": ""}), "AccessDenied"),
    ]
    for request, code in cases:
        assert f"<Code>{code}</Code>" in (await said(door, *request))[1]
    door.app.vendor.writable = False
    assert "AccessDenied" in (await said(door, path, body, headers))[1]
    door.now_ms += 901_000
    assert "RequestTimeTooSkewed" in (await said(door, path, body, headers))[1]


async def test_a_bucket_named_in_the_host():
    door = Door(s3_sandbox, key=KEY, bucket="exports")
    settings = s3_settings()
    made = S3.encode(send_of(value_of("vip", "audience", True)), Setup(settings))
    assert door.app.vendor.answer(made, door.now_ms).status == 200
    assert list(door.app.vendor.objects) == [made.url.split(".amazonaws.com/")[1]]


async def test_the_folder_stays_within_itself_and_can_be_full():
    door = Door(files_sandbox)
    assert (await said(door, "/srv/x", b"a", {"root": "/srv"}))[0] == 405
    folder = door.app.vendor
    made = FILES.encode(send_of(value_of("vip", "audience", True)), Setup(files_settings()))
    assert [folder.answer(made, 0).status for _ in range(2)] == [201, 200]
    outside = msgspec.structs.replace(made, url="file:///srv/exports/../x")
    assert folder.answer(outside, 0).status == 403
    folder.room = 10
    assert folder.answer(made, 0).status == 507
    _, _, files = await door.ask("GET", "/sandbox/files")
    assert len(files) == 1
