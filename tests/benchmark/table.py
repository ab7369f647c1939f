"""The benchmark's table: what was measured, against what, and what is wanted."""

from typing import NamedTuple

LINE = "| {:<52} | {:>11} | {:>11} | {:>7} | {:>7} | {:<4} |"


class Row(NamedTuple):
    """One line. Make it by one of the class methods.

    :param str what: what was measured, with its unit
    :param float ours: our figure
    :param float other: the figure it is held against, if any
    :param float result: what is compared with the goal
    :param float goal: the most that ``result`` may be; without it the row only informs
    :param str form: how ``result`` and ``goal`` are written
    """

    what: str
    ours: float
    other: float | None
    result: float | None
    goal: float | None
    form: str

    @classmethod
    def ratio(cls, what, ours, other, goal=None):
        """Return a row that holds the ratio of two figures against a goal."""
        return cls(what, ours, other, ours / other, goal, "{:.2f}")

    @classmethod
    def extra(cls, what, ours, other, goal):
        """Return a row that holds the difference of two counts against a goal."""
        return cls(what, ours, other, ours - other, goal, "+{:.0f}")

    @classmethod
    def plain(cls, what, ours, goal=None):
        """Return a row that holds a figure itself against a goal."""
        result = None if goal is None else ours
        return cls(what, ours, None, result, goal, "{:.0f}")

    @property
    def is_met(self):
        """Whether the goal is met; true without one."""
        return self.goal is None or self.result <= self.goal

    def __str__(self):
        wanted = [
            "" if value is None else self.form.format(value)
            for value in (self.result, self.goal)
        ]
        met = "" if self.goal is None else "yes" if self.is_met else "NO"
        return LINE.format(
            self.what, _number(self.ours), _number(self.other), *wanted, met
        )


def show(title, rows):
    """Print a table and return whether all its goals are met."""
    print(f"\n{title}")
    print(LINE.format("what", "ours", "against", "result", "goal", "met"))
    print(LINE.format(*("---" for _column in range(6))))
    for row in rows:
        print(row)
    return all(row.is_met for row in rows)


def _number(value):
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
