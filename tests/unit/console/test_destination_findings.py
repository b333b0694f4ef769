"""What a connector minds in a destination is shown where it stands."""

from __future__ import annotations

from ebbline.console.checking import check_files

PROJECT = {
    "ebbline.yml": b"name: shop\n",
    "audiences/all.yml": b"""audiences:
  vip: {when: count("Order Completed") > 3, owner: a, review_by: 2100-01-01}
""",
}
FILE = """destinations:
  hub:
    type: hubspot
    token: env:HUB
    batch_size: 500
    sync:
      - {audience: vip, as: Very Important}
  braze:
    type: braze
    key: env:BRAZE
    sync: [{audience: vip, mode: letter}]
"""


def test_findings_have_their_place():
    loaded = check_files(PROJECT | {"destinations/d.yml": FILE.encode()}, 0)
    found = {(each.line, each.column): each.message for each in loaded.errors}
    assert loaded.plan is None
    assert "<= 100" in found[5, 17]
    assert "lower-case letters" in found[7, 9]
    assert "has no mode letter" in found[11, 12]
    assert any("endpoint" in text for text in found.values())
