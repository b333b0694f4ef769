"""What runs Ebbline in production names only what the product has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from ebbline import __version__
from ebbline.console.cli import app
from ebbline.hosts.embedded.limits import SHUTDOWN_SECONDS_MAX
from tests.docs.test_pages import named_in_headings
from tests.unit.ops.gotemplate import Chart

OPS = Path(__file__).resolve().parents[3] / "ops"
CHART = OPS / "helm" / "ebbline"
DOCKERFILE = (OPS / "Dockerfile").read_text("utf-8")
UNIT = (OPS / "systemd" / "ebbline.service").read_text("utf-8")
EVERYTHING = {
    "image": {"pullSecrets": [{"name": "registry"}]},
    "project": {"files": {"ebbline.yml": "name: shop\n", "audiences/all.yml": "audiences: {}\n"}},
    "allowOutbound": "10.0.0.0/8",
    "secrets": {
        "storeKey": {"secretName": "keys"}, "files": {"secretName": "destinations"},
        "environment": [{"name": "BRAZE_API_KEY", "secretName": "braze", "key": "key"}],
    },
    "persistence": {"storageClass": "fast"},
    "ingress": {"enabled": True, "className": "nginx", "annotations": {"a": "b"},
                "host": "events.example.com", "tlsSecretName": "tls"},
    "networkPolicy": {"eventsFrom": [{"podSelector": {}}], "apiFrom": [{"podSelector": {}}]},
    "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "podAnnotations": {"c": "d"},
}  # fmt: skip


def yaml(text):
    return YAML(typ="safe").load(text)


def merged(below, above):
    if not isinstance(above, dict) or not isinstance(below, dict):
        return above
    return below | {key: merged(below.get(key), value) for key, value in above.items()}


def rendered(values):
    """Every document by its kind, and the values that were asked for."""
    about = yaml((CHART / "Chart.yaml").read_text("utf-8"))
    whole = merged(yaml((CHART / "values.yaml").read_text("utf-8")), values)
    chart = Chart((CHART / "templates" / "_names.tpl").read_text("utf-8"), {
        "Values": whole, "Release": {"Name": "shop", "Service": "Helm"},
        "Chart": {"AppVersion": about["appVersion"]},
    })  # fmt: skip
    texts = [chart.render(file.read_text("utf-8")) for file in CHART.glob("templates/*.yaml")]
    found = [yaml(text) for text in texts if text.strip()]
    return {each["kind"]: each for each in found}, chart.used


def pod(documents):
    return documents["Deployment"]["spec"]["template"]["spec"]


def leaves(values, path=""):
    """Paths of the values that a template may ask for."""
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value:
            yield from leaves(value, here)
        else:
            yield here


def test_the_image_has_two_stages_and_no_floating_base():
    bases = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert [name for _, name in bases] == ["build", "run"]
    assert {base for base, _ in bases} == {"python:3.12-slim"}
    assert "latest" not in DOCKERFILE


def test_the_image_runs_as_somebody_and_says_how_it_is():
    last = DOCKERFILE.partition(" AS run\n")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", last, re.MULTILINE)
    told = re.search(r"HEALTHCHECK .*?CMD (\[.*?\])$", last, re.DOTALL | re.MULTILINE)
    check = json.loads(told[1])
    compile(check[2], "healthcheck", "exec")
    assert "/readyz" in check[2]


def test_the_image_installs_by_hash_and_copies_no_secret():
    steps = DOCKERFILE.replace("\\\n", " ").replace("&&", "\n")
    installs = re.findall(r"^.*\bpip\b.* install .*$", steps, re.MULTILINE)
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line or "--no-index" in line, line
    copied = {word for words in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
              for word in words.split()}  # fmt: skip
    allowed = (OPS / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert copied == {line[1:] for line in allowed if line.startswith("!")}
    assert all((OPS.parent / name).exists() for name in copied)


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yml", "systemd/ebbline.service",
                                  "helm/ebbline/templates/deployment.yaml"])  # fmt: skip
def test_every_setting_exists(file):
    named = set(re.findall(r"EBBLINE_[A-Z_]+", (OPS / file).read_text("utf-8")))
    known = named_in_headings("docs/reference/settings.md")
    options = set(re.findall(r"EBBLINE_[A-Z_]+", str(command("run"))))
    assert named
    assert named <= known | options


def command(name):
    found = typer.main.get_command(app).commands[name]
    return [each.envvar for each in found.params]


def test_every_command_exists():
    commands = set(typer.main.get_command(app).commands)
    compose = yaml((OPS / "compose.yml").read_text("utf-8"))["services"]["ebbline"]["command"]
    args = pod(rendered({})[0])["containers"][0]["args"]
    cmd = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])
    start = re.search(r"^ExecStart=\S+/ebbline (\w+)$", UNIT, re.MULTILINE)[1]
    assert {*compose, *args, *cmd, start} == {"run"} <= commands


def test_compose_is_one_hardened_service_with_secrets_in_files():
    compose = yaml((OPS / "compose.yml").read_text("utf-8"))
    (service,) = compose["services"].values()
    assert service["image"] == f"ebbline:{__version__}"
    assert service["read_only"] is True
    assert service["restart"] == "unless-stopped"
    assert float(service["stop_grace_period"].rstrip("s")) > SHUTDOWN_SECONDS_MAX
    assert set(service["secrets"]) == set(compose["secrets"])
    assert all("file" in each for each in compose["secrets"].values())
    assert "/readyz" in service["healthcheck"]["test"][-1]
    assert not [name for name in service["environment"] if name == "EBBLINE_SECRETS_KEY"]


def test_the_unit_is_hardened_and_waits_long_enough():
    seconds = re.search(r"^TimeoutStopSec=(\d+)s$", UNIT, re.MULTILINE)
    assert float(seconds[1]) > SHUTDOWN_SECONDS_MAX
    for line in ("Restart=on-failure", "StateDirectory=ebbline", "NoNewPrivileges=yes",
                 "ProtectSystem=strict", "User=ebbline"):  # fmt: skip
        assert f"\n{line}\n" in UNIT


def test_the_unit_can_be_read_and_systemd_takes_it_where_it_is(tmp_path):
    sections = re.findall(r"^\[(\w+)\]$", UNIT, re.MULTILINE)
    assert sections == ["Unit", "Service", "Install"]
    rows = [row for row in UNIT.splitlines() if row and not row.startswith(("#", "["))]
    assert [row for row in rows if not re.fullmatch(r"[A-Z]\w*=.*", row)] == []
    if shutil.which("systemd-analyze") is not None:
        unit = tmp_path / "ebbline.service"
        unit.write_text(UNIT.replace("/opt/ebbline/bin/ebbline", "/bin/true"), "utf-8")
        command = ["systemd-analyze", "verify", "--man=no", str(unit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert "ebbline.service" not in done.stderr, done.stderr


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["as it is", "with everything"])
def test_the_chart_is_one_writer_that_is_probed_and_may_write_little(values):
    documents, _ = rendered(values)
    deployment = documents["Deployment"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    assert pod(documents)["terminationGracePeriodSeconds"] > SHUTDOWN_SECONDS_MAX
    (container,) = pod(documents)["containers"]
    assert container["image"] == f"ebbline:{__version__}"
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "events"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "events"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert f"EBBLINE_PORT={ports['events']}" in DOCKERFILE
    assert f"EBBLINE_API_PORT={ports['api']}" in DOCKERFILE
    mounts = {each["name"] for each in container["volumeMounts"]}
    assert mounts == {each["name"] for each in pod(documents)["volumes"]}
    assert {each["targetPort"] for each in documents["Service"]["spec"]["ports"]} == set(ports)


def test_the_chart_takes_secrets_by_reference_only():
    documents, _ = rendered(EVERYTHING)
    env = {each["name"]: each for each in pod(documents)["containers"][0]["env"]}
    for name in ("EBBLINE_SECRETS_KEY", "BRAZE_API_KEY"):
        assert set(env[name]) == {"name", "valueFrom"}
    assert "Secret" not in documents
    assert set(documents) == {"ConfigMap", "Deployment", "Ingress", "NetworkPolicy",
                              "PersistentVolumeClaim", "Service"}  # fmt: skip


def test_every_value_is_used_and_has_its_schema():
    _, used = rendered(EVERYTHING)
    values = yaml((CHART / "values.yaml").read_text("utf-8"))
    wanted = set(leaves(values))
    assert {path for path in wanted if not any(
        path == each or path.startswith(each + ".") for each in used)} == set()  # fmt: skip
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    for path in wanted:
        here = schema
        for part in path.split("."):
            if "properties" not in here:
                break
            here = here["properties"][part]


def test_versions_are_the_product_s():
    assert yaml((CHART / "Chart.yaml").read_text("utf-8"))["appVersion"] == __version__
    assert f"ebbline:{__version__}" in DOCKERFILE
