"""Surveys of thresholds: what every respondent's answers say about where the threshold lies.

Two shapes of CSV are read. ``bid1,R1[,bid2,R2]``: R is 1 where the threshold is at or above the bid. ``lower,upper``:
the threshold lies in [lower, upper), empty is unbounded. Both may have ``count`` (how many answered so) and covariates.
"""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
COMMA = re.compile(r"[+-]?\d+,\d+")  # a decimal as most of Europe writes it
WORDS = ("yes", "no", "y", "n", "true", "false", "t", "f")
Row = tuple[int, dict[str, str]]  # the line of the file, and its cells by column


class BadSurvey(ValueError):
    """The file is not a survey; the message says in which line and what to do."""


@dataclass(frozen=True)
class Survey:
    """One row per answer. ``lows``, ``highs``: (rows, questions) bounds by the question that set them, infinite where
    it set none; ``counts``: (rows,); ``covariates``: (rows, len(names))."""

    lows: Array
    highs: Array
    counts: Array
    names: tuple[str, ...]
    covariates: Array

    @property
    def respondents(self) -> float:
        """How many answered."""
        return float(self.counts.sum())


def yes_below_zero(survey: Survey) -> float:
    """How many say yes to a bid below 0, which says nothing of a threshold that is positive anyway."""
    asked = (np.isfinite(survey.lows) & (survey.lows < 0)).any(axis=1)
    return float(survey.counts[asked].sum())


def load(path: Path, covariates: Sequence[str] = ()) -> Survey:
    """The survey in a CSV file. Raises `BadSurvey`, and OSError where a disk fails."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            return read(reader.fieldnames or (), rows, covariates)
    except FileNotFoundError:
        raise BadSurvey(f"there is no file {path}") from None
    except IsADirectoryError:
        raise BadSurvey(f"{path} is a folder, not a CSV file") from None
    except PermissionError:
        raise BadSurvey(f"{path} may not be read by you") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadSurvey(f"this is no CSV file in UTF-8: {error}") from error


def read(columns: Sequence[str], rows: Sequence[Row], covariates: Sequence[str] = ()) -> Survey:
    """The survey in rows of text. Raises `BadSurvey`."""
    bounds = _format(columns, covariates)
    rows = [(line, _cells(columns, line, row)) for line, row in rows]
    counts = [_count(row, line) for line, row in rows]
    used = [row for row, count in zip(rows, counts, strict=True) if count > 0]
    if not used:
        raise BadSurvey("the file has no answers: every count is 0" if rows else "the file has no rows")
    lows, highs = zip(*[bounds(row, line) for line, row in used], strict=True)
    names, values = _covariates(used, covariates)
    kept = np.array([count for count in counts if count > 0])
    return Survey(np.array(lows), np.array(highs), kept, names, values)


def _format(columns: Sequence[str], covariates: Sequence[str]):
    """The reader of the file's format."""
    if len(columns) == 1 and (mark := next((mark for mark in ";\t|" if mark in columns[0]), "")):
        named = {";": "semicolons", "\t": "tabs", "|": "bars"}[mark]
        raise BadSurvey(
            f"columns must be separated by commas, and here they are by {named}: save it with commas"
        )
    if len(set(columns)) < len(columns):
        raise BadSurvey("two columns have the same name")
    if absent := [name for name in covariates if name not in columns]:
        raise BadSurvey(f"there is no column {absent[0]}; the columns are {', '.join(columns)}")
    if len(set(covariates)) < len(covariates):
        raise BadSurvey("a covariate is named twice")
    intervals, answers = ({"lower", "upper"} <= set(columns)), ({"bid1", "R1"} <= set(columns))
    if intervals == answers:
        raise BadSurvey(
            "a survey has the columns bid1,R1[,bid2,R2] or lower,upper"
            + (", not both" if intervals else f"; this file has {', '.join(columns) or 'none'}")
        )
    if ("bid2" in columns) != ("R2" in columns):
        raise BadSurvey("of bid2 and R2 one column is missing")
    return _interval if intervals else _answers


def _cells(columns: Sequence[str], line: int, row: dict[str, str]) -> dict[str, str]:
    """Every cell without blanks around it."""
    if set(row) != set(columns) or None in row.values():
        more = "; decimals are written with a point, not with a comma" if None in row else ""
        raise BadSurvey(
            f"line {line}: the header has {len(columns)} columns, this line has more or fewer{more}"
        )
    return {column: value.strip() for column, value in row.items()}


def _interval(row: dict[str, str], line: int) -> tuple[list[float], list[float]]:
    low, high = _number(row, "lower", line, -math.inf), _number(row, "upper", line, math.inf)
    if not low < high:
        raise BadSurvey(f"line {line}: lower must be below upper; an unbounded end is left empty")
    return [low], [high]


def _answers(row: dict[str, str], line: int) -> tuple[list[float], list[float]]:
    if not row["bid1"] or not row["R1"]:
        raise BadSurvey(f"line {line}: bid1 and R1 must not be empty; leave a line without an answer out")
    lows, highs = zip(*[_answer(row, question, line) for question in ("1", "2")], strict=True)
    if max(lows) >= min(highs):
        raise BadSurvey(
            f"line {line}: the two answers contradict each other: no threshold is at or above"
            f" {max(lows):g} and below {min(highs):g}"
        )
    return list(lows), list(highs)


def _answer(row: dict[str, str], question: str, line: int) -> tuple[float, float]:
    """What one question says: the threshold is at or above the bid, or below it, or nothing."""
    if row.get(f"R{question}", "").lower() in WORDS:
        raise BadSurvey(f"line {line}: R{question} must be 1 (yes) or 0 (no), not {row[f'R{question}']!r}")
    answer = _number(row, f"R{question}", line, math.nan)
    bid = _number(row, f"bid{question}", line, math.nan)
    if math.isnan(answer):
        return -math.inf, math.inf
    if answer not in (0, 1) or math.isnan(bid):
        raise BadSurvey(f"line {line}: R{question} must be 0 or 1 and have a bid{question}")
    return (bid, math.inf) if answer else (-math.inf, bid)


def _count(row: dict[str, str], line: int) -> float:
    count = _number(row, "count", line, math.nan) if "count" in row else 1.0
    if not count >= 0:
        raise BadSurvey(f"line {line}: count must be 0 or more, and not empty")
    return count


def _number(row: dict[str, str], column: str, line: int, absent: float) -> float:
    given = row.get(column, "")
    try:
        value = float(given) if given else absent
    except ValueError:
        value = math.nan
    if given and not math.isfinite(value):
        point = ": decimals are written with a point, not with a comma" if COMMA.fullmatch(given) else ""
        raise BadSurvey(f"line {line}: {column} must be a finite number, not {given!r}{point}")
    return value


def _covariates(rows: Sequence[Row], wanted: Sequence[str]) -> tuple[tuple[str, ...], Array]:
    names: list[str] = []
    columns: list[list[float]] = []
    for name in wanted:
        values = [row[name] for _, row in rows]
        if "" in values:
            raise BadSurvey(f"line {rows[values.index('')][0]}: the covariate {name} has no value")
        if len(set(values)) == 1:
            raise BadSurvey(f"the covariate {name} is {values[0]!r} in every line: leave it out")
        for label, column in _coded(name, values):
            names.append(label)
            columns.append(column)
    return tuple(names), np.array(columns).T.reshape(len(rows), len(names))


def _coded(name: str, values: Sequence[str]) -> list[tuple[str, list[float]]]:
    """A column of numbers as it is; of words, one column per word but the last in order, which is the baseline."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        words = sorted(set(values))[:-1]
        return [(name + word, [float(value == word) for value in values]) for word in words]
    if not all(math.isfinite(number) for number in numbers):
        raise BadSurvey(f"the covariate {name} must be finite")
    return [(name, numbers)]
