"""The analyst's notebook: what is committed can be shown to anybody, and it runs from the log to a release and back."""

import re

from nbformat import NotebookNode

from tests.models import notebook

LARGEST = 300_000  # bytes
# Names of formats inside a picture, which nobody ever calls.
NAMESPACES = re.compile(r"https?://(www\.w3\.org|purl\.org|creativecommons\.org|matplotlib\.org)/?[\w./#-]*")
OF_A_MACHINE = re.compile(
    r"/(home|root|tmp|work|opt|usr|Users)/|https?://|127\.0\.0\.1|localhost|site-packages"
)


def code(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def said(book: NotebookNode) -> str:
    """All that cells printed."""
    return "".join(
        output.text for cell in code(book) for output in cell.outputs if output.output_type == "stream"
    )


def test_what_is_committed_was_run_from_top_to_bottom_and_shows_its_figures():
    cells = code(notebook.read())
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert sum("image/svg+xml" in output.get("data", {}) for output in outputs) >= 5
    assert not any(output.get("name") == "stderr" for output in outputs)


def test_what_is_committed_is_small_and_says_nothing_of_the_machine_it_ran_on():
    text = notebook.PATH.read_text(encoding="utf-8")
    assert len(text) < LARGEST
    found = OF_A_MACHINE.search(NAMESPACES.sub("", text))
    assert found is None, text[found.start() - 80 : found.end() + 80]


def test_the_notebook_runs_from_the_log_to_a_release_and_back():
    book = notebook.executed()
    told = said(book)
    assert "6,000 records. Of these\n" in told
    assert "Store managers is published" in told
    assert "passed - Passed" in told and "MISSED" not in told
    assert "release 1 is in_force" in told
    assert "release 0: in_force" in told and "release 1: past" in told
    assert [cell.source for cell in book.cells] == [cell.source for cell in notebook.read().cells]
