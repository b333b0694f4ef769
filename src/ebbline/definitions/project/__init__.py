"""The project folder: files in, the checked `Plan` with its examples and all findings out."""

from ebbline.definitions.project.examples import Example, ExampleEvent, Expectation
from ebbline.definitions.project.load import Loaded, load_files, load_project

__all__ = [
    "Example",
    "ExampleEvent",
    "Expectation",
    "Loaded",
    "load_files",
    "load_project",
]
