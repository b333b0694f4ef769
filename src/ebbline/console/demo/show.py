"""Runs a demo: stage, feed and view together, until Ctrl-C or the time is up."""

from __future__ import annotations

import asyncio
import io
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
from rich.console import Console
from rich.live import Live

from ebbline.console.demo.feed import Feed
from ebbline.console.demo.limits import VIEW_SECONDS
from ebbline.console.demo.plain import Plain, figures_line, first_line
from ebbline.console.demo.scene import Scene
from ebbline.console.demo.stage import Stage
from ebbline.console.demo.view import draw
from ebbline.console.demo.watch import Watch
from ebbline.errors import EbblineError, SetupError

SVG_COLUMNS, SVG_LINES = 124, 40
_NOT_DRAWN = re.compile(r"@font-face\s*\{.*?\}|<!--.*?-->", re.DOTALL)


class Demo(msgspec.Struct, frozen=True):
    """What was asked for; `seconds` 0 means until Ctrl-C, `port` 0 a free one."""

    speed: float = 1.0
    seconds: float = 0.0
    plain: bool = False
    port: int = 0
    seed: int = 7
    svg: Path | None = None
    silent: bool = False


def play(demo: Demo) -> Scene | None:
    """Run the demo to its end; the last scene, None when it ended before there was one."""
    return asyncio.run(_play(demo))


async def _play(demo: Demo) -> Scene | None:
    stopping = asyncio.Event()
    async with _signals(stopping):
        starting = asyncio.create_task(_staged(demo, stopping))
        return await starting


async def _staged(demo: Demo, stopping: asyncio.Event) -> Scene | None:
    console = Console()
    stage = Stage(demo.speed, demo.port)
    if demo.silent or demo.plain:
        if not demo.silent:
            print("starting the system and a Braze sandbox", flush=True)
        scene = await _inside(stage, demo, stopping, None)
    else:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            live.update("starting the system and a Braze sandbox …", refresh=True)
            scene = await _inside(stage, demo, stopping, live)
    if scene is not None:
        if demo.svg is not None:
            write_svg(scene, demo.svg)
        if not demo.silent:
            _farewell(scene, demo, console)
    return scene


async def _inside(
    stage: Stage, demo: Demo, stopping: asyncio.Event, live: Live | None
) -> Scene | None:
    scene: Scene | None = None
    async with _started(stage, stopping) as serves:
        if not serves:
            return None
        feed = Feed(stage, demo.seed)
        watch = Watch(stage, feed)
        feeding = asyncio.create_task(feed.run())
        plain = Plain()
        try:
            while True:
                scene = watch.scene()
                if live is None and not demo.silent:
                    for line in plain.lines(scene):
                        print(line, flush=True)
                elif live is not None:
                    live.update(draw(scene, *live.console.size[::-1]), refresh=True)
                if stopping.is_set() or (demo.seconds and scene.seconds >= demo.seconds):
                    return scene
                if (trouble := stage.trouble()) is not None:
                    raise EbblineError(trouble)
                if feeding.done():
                    feeding.result()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), VIEW_SECONDS)
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await feeding
            watch.close()


@asynccontextmanager
async def _started(stage: Stage, stopping: asyncio.Event) -> AsyncIterator[bool]:
    """The stage, started unless an order to stop comes first."""
    starting = asyncio.create_task(stage.start())
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
        yield starting.done()
    finally:
        for task in (starting, stop):
            task.cancel()
            with suppress(asyncio.CancelledError, EbblineError):
                await task
        await stage.end()


@asynccontextmanager
async def _signals(stopping: asyncio.Event) -> AsyncIterator[None]:
    """Ctrl-C and SIGTERM end the demo in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def write_svg(scene: Scene, file: Path) -> None:
    """The view as a picture."""
    console = Console(record=True, width=SVG_COLUMNS, height=SVG_LINES, file=io.StringIO())
    console.print(draw(scene, SVG_LINES, SVG_COLUMNS))
    # The picture names no address: a viewer's own fixed-width font is good enough.
    text = _NOT_DRAWN.sub("", console.export_svg(title="ebbline demo"))
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}."
        raise SetupError(message) from error


def _farewell(scene: Scene, demo: Demo, console: Console) -> None:
    if demo.plain:
        print(figures_line(scene))
        print(first_line(scene), flush=True)
        return
    lines = min(console.size.height - 4, SVG_LINES)
    console.print(draw(scene, lines, console.size.width), height=lines)
    console.print(first_line(scene), highlight=False)
    console.print("`ebbline init shop` makes a project like this one.", highlight=False)
