"""The project folder's files as bytes, by their path inside it: the one place that reads a
disk. It picks files by name and never looks into them."""

from __future__ import annotations

from pathlib import Path

from ebbline.definitions.findings import Finding, nearest, whole_file
from ebbline.definitions.limits import FILE_BYTES_MAX, FILES_MAX
from ebbline.definitions.project.fields import KINDS

FOLDERS = (*(kind for kind in KINDS if kind != "ebbline.yml"), "lists")


def read_folder(folder: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """The project files of a folder, sorted by path, and what could not be read."""
    if not folder.is_dir():
        message = "there is no such folder" if not folder.exists() else "this is not a folder"
        hint = "`ebbline init shop` makes a project"
        return {}, [whole_file(str(folder), "missing_folder", message, hint)]
    files: dict[str, bytes] = {}
    findings = _misnamed(folder)
    for path in _wanted(folder):
        name = path.relative_to(folder).as_posix()
        if len(files) == FILES_MAX:
            message = f"a project has at most {FILES_MAX:,} files"
            findings.append(whole_file(name, "too_many_files", message))
            break
        try:
            size = path.stat().st_size
            if size > FILE_BYTES_MAX:
                message = f"the file has {size:,} bytes, at most {FILE_BYTES_MAX:,} are read"
                findings.append(whole_file(name, "file_too_large", message))
                continue
            files[name] = path.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"the file cannot be read: {reason}"
            findings.append(whole_file(name, "unreadable_file", message))
    return files, findings


def _wanted(folder: Path) -> list[Path]:
    found = [folder / "ebbline.yml"] if (folder / "ebbline.yml").exists() else []
    for kind in FOLDERS:
        endings = {".csv"} if kind == "lists" else {".yml", ".yaml"}
        try:
            inside = sorted((folder / kind).rglob("*"))
        except OSError:
            continue  # a folder nobody may list reads as empty; its definitions are missed below
        found += [path for path in inside if path.suffix in endings and not path.is_dir()]
    return found


def _misnamed(folder: Path) -> list[Finding]:
    """Folders and files whose names are almost those that are read."""
    findings: list[Finding] = []
    known = [*FOLDERS, "ebbline.yml"]
    try:
        present = sorted(folder.iterdir())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return [whole_file(str(folder), "unreadable_file", f"it cannot be listed: {reason}")]
    for path in present:
        near = nearest(path.name, known)
        if near is not None and path.name not in known:
            message, hint = f"{path.name} is not read", f"did you mean {near}?"
            found = whole_file(path.name, "misnamed_file", message, hint)
            findings.append(Finding(found.file, 0, 0, 0, "warning", found.code, message, "", hint))
    return findings
