"""Templates are bounded and have no way out."""

from __future__ import annotations

import time

import pytest

from ebbline.connectors.webhook.limits import RENDERED_BYTES_MAX
from ebbline.connectors.webhook.templates import Unrendered, names_of, render, template_problem

BIG = "a" * 90_000


@pytest.mark.parametrize(
    ("template", "data", "written"),
    [
        ("{{ x | json }}", {"x": 'a"b\n'}, '"a\\"b\\n"'),
        ("{{ x | json }}", {}, "null"),
        ("{{ x.y.z | json }}", {"x": {"y": 1}}, "null"),
        ("{{ x }}", {"x": "<b>&"}, "<b>&"),
        ("{{ x.__class__ }}{{ x.items }}{{ x['__len__'] }}", {"x": {}}, ""),
        ("{% if x == 1 %}a{% elif x == 2 %}b{% else %}c{% endif %}", {"x": 2}, "b"),
        ("{% if x %}{%- elif y -%} b {% endif %}", {"y": 1}, "b "),
        ("{% raw %}{% elif %}{% endraw %}", {}, "{% elif %}"),
        ("{{ x | divided_by: 2 }}", {"x": 15}, "7"),
        ("{{ x | date: '%F %H:%M' }}", {"x": "2026-01-01T01:30:00+01:00"}, "2026-01-01 00:30"),
        ("{{ x | date: '%s' | default: 'no' }}", {"x": None}, None),
        ("{{ x | date: '%Y' }}", {"x": 1_767_225_600}, "2026"),
        ("{{ x | date: '%Y' }}", {"x": 1e300}, "1e+300"),
        ("{{ 'now' | date: '%Y' }}{{ now }}", {}, "now"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", {}, "123"),
    ],
)  # fmt: skip
def test_what_a_template_writes(template, data, written):
    made = render(template, data)
    assert isinstance(made, Unrendered) if written is None else made == written


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% for i in (1..100000000) %}{% endfor %}", "loop iteration limit"),
        ("{% tablerow i in (1..100000000) %}{% endtablerow %}", "loop iteration limit"),
        ("{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}", "loop"),
        ("{{ (1..1000000000) | join: '' }}", "more than 1000 entries"),
        ("{{ x | replace: 'a', x }}", "would write too much"),
        ("{{ x | split: '' | join: x }}", "would write too much"),
        ("{{ x | " + "base64_encode | " * 200 + "size }}", "would write too much"),
        ("{{ x }}{{ x }}", "output stream limit"),
        ("{% assign y = x %}{% for i in (1..60) %}{% assign y = y | append: y %}{% endfor %}", "m"),
        ("{{ 1 | divided_by: 0 }}", "divide by 0"),
        ("{{ 'x' | date: '%1000000000d' }}", "of the directives there are"),
    ],
)  # fmt: skip
def test_what_would_write_without_end_is_stopped_at_once(template, says):
    began = time.monotonic()
    made = render(template, {"x": BIG})
    assert time.monotonic() - began < 2
    assert isinstance(made, Unrendered)
    assert says in made.reason
    assert len(BIG) < RENDERED_BYTES_MAX


def test_a_template_nested_without_end_is_a_problem_and_no_crash():
    assert "nest" in template_problem("{% if x %}" * 1_000, ["x"])


def test_the_names_a_template_reads():
    text = "{% assign y = x.z %}{% for i in list %}{{ i }}{{ y }}{{ forloop.index }}{% endfor %}"
    assert names_of(text) == {"x", "list"}
    assert names_of("{% if %}") == frozenset()
