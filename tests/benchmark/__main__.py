"""Every goal of speed, measured side by side in one run; see ``setup/benchmark``."""

import sys

import form
import letters
import refresh
from table import show


def main():
    """Measure books of the sizes in the arguments (1 and 3 unless told)."""
    times = [float(argument) for argument in sys.argv[1:]] or [1.0, 3.0]
    books = {size: refresh.measure(size) for size in times}
    tables = {
        f"{size:g} times, {figures['clients']} clients": refresh.get_rows(figures)
        for size, figures in books.items()
    }
    if {1.0, 3.0} <= set(books):
        tables["growth"] = [refresh.get_growth_row(books[1.0], books[3.0])]
    tables["forms and letters"] = [*form.get_rows(), *letters.get_rows()]
    met = [show(title, rows) for title, rows in tables.items()]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
