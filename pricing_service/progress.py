"""What a long command is doing, for who sits in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from firmware.provisioning import Tell
from pricing_service.device_command import out


@contextmanager
def shown() -> Iterator[Tell]:
    """A line for each thing that is done, and a bar for what takes long; plain lines where nobody watches."""
    if not out.is_terminal:
        said: list[str] = []

        def tell(what: str, done: int, whole: int) -> None:
            if [what] != said[-1:]:
                said.append(what)
                out.print(f"{what} ...")

        yield tell
        return
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=out) as progress:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    progress.update(task, completed=progress.tasks[task].total)
                tasks[what] = progress.add_task(what, total=whole)
            progress.update(tasks[what], completed=done, total=whole)

        yield show
        for task in tasks.values():
            progress.update(task, completed=progress.tasks[task].total)
