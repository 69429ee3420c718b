"""Tables as pictures (SVG). Only what a table shows is drawn, so a hidden count is hidden here too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from service.report.figures import NO_SCHOOL
from service.report.suppress import Cell, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE, SOFT, BLUE = "#1c2430", "#556170", "#d9dfe6", "#eef2f6", "#17456b"
STATES = ("#17456b", "#e0a100", "#d0442f", "#c9d1d9")
"""Met, late, missed, not due: told apart by their lightness too, in print and by those who do not see colours."""
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 9, "text.color": INK, "axes.labelcolor": QUIET, "xtick.color": QUIET,
    "ytick.color": INK, "axes.edgecolor": LINE, "axes.spines.top": False, "axes.spines.right": False,
    "axes.spines.left": False, "axes.axisbelow": True, "grid.color": LINE, "grid.linewidth": 0.6,
    "svg.hashsalt": "policydesk", "svg.fonttype": "path",
}  # fmt: skip
WIDTH = 7.2
"""Inches: the text width of an A4 page."""


def plot(shown: Shown) -> bytes | None:
    """An SVG for the tables that have a picture; None for the others and for one with nothing to draw."""
    draw = _DRAWN.get(shown.id)
    if draw is None or not shown.rows or not any(_size(cell) for _, cells in shown.rows for cell in cells):
        return None
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, shown)
        out = BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _columns(figure: Figure, shown: Shown) -> None:
    """Counts over time: one bar a week."""
    figure.set_size_inches(WIDTH, 2.5)
    axes = figure.add_subplot()
    cells = [cells[0] for _, cells in shown.rows]
    for place, (label, _) in enumerate(shown.rows):
        if label.endswith(NO_SCHOOL):
            axes.axvspan(place - 0.5, place + 0.5, color=SOFT, zorder=0)
            middle = axes.get_xaxis_transform()
            axes.text(place, 0.5, NO_SCHOOL.strip(" ()"), rotation=90, ha="center", color=QUIET, transform=middle)
    bars = axes.bar(range(len(cells)), [_size(cell) for cell in cells], color=BLUE, width=0.72)
    for bar, cell in zip(bars, cells, strict=True):
        _label(axes, bar.get_x() + bar.get_width() / 2, _size(cell), cell, across=False)
    labels = [_without_year(label) for label, _ in shown.rows]
    every = max(1, round(len(labels) / 16))
    axes.set_xticks(range(0, len(labels), every), labels[::every], rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel(shown.of)
    axes.set_ylabel(shown.across[0])
    _whole_numbers(axes, "y")


def _bars(figure: Figure, shown: Shown) -> None:
    """Counts of categories, in the order of the form."""
    figure.set_size_inches(WIDTH, 0.75 + 0.235 * len(shown.rows))
    axes = figure.add_subplot()
    cells = [cells[0] for _, cells in shown.rows]
    axes.barh(range(len(cells)), [_size(cell) for cell in cells], color=BLUE, height=0.68)
    for place, cell in enumerate(cells):
        _label(axes, _size(cell), place, cell, across=True)
    axes.set_yticks(range(len(cells)), [label for label, _ in shown.rows])
    axes.invert_yaxis()
    axes.set_xlabel(shown.across[0])
    axes.margins(y=0.01)
    _whole_numbers(axes, "x")


def _heat(figure: Figure, shown: Shown) -> None:
    """Counts of two things at once: the darker, the more."""
    from matplotlib.colors import LinearSegmentedColormap

    values = [[_size(cell) for cell in cells] for _, cells in shown.rows]
    figure.set_size_inches(WIDTH, 0.8 + 0.27 * len(values))
    axes = figure.add_subplot()
    most = max(max(row) for row in values)
    axes.imshow(values, cmap=LinearSegmentedColormap.from_list("desk", ["#ffffff", "#9dbcd8", BLUE]), aspect="auto")
    for down, row in enumerate(values):
        for across, value in enumerate(row):
            if value:
                colour = "#ffffff" if value > 0.7 * most else INK
                axes.text(across, down, str(value), ha="center", va="center", color=colour, fontsize=8)
    hours = [name.removesuffix(":00").replace(" ", "\n") for name in shown.across]
    axes.set_xticks(range(len(hours)), hours, fontsize=7.5)
    axes.set_yticks(range(len(values)), [label for label, _ in shown.rows])
    axes.set_xticks([n - 0.5 for n in range(len(shown.across) + 1)], minor=True)
    axes.set_yticks([n - 0.5 for n in range(len(values) + 1)], minor=True)
    axes.grid(which="minor")
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Hour in which it happened; each cell is a number of incidents")


def _shares(figure: Figure, shown: Shown) -> None:
    """For each duty, the parts that were met, late, missed or are not due."""
    rows = [(label, cells) for label, cells in shown.rows if any(_size(cell) for cell in cells)]
    figure.set_size_inches(WIDTH, 0.75 + 0.34 * len(rows))
    axes = figure.add_subplot()
    left = [0] * len(rows)
    for place, (name, colour) in enumerate(zip(shown.across, STATES, strict=True)):
        sizes = [_size(cells[place]) for _, cells in rows]
        axes.barh(range(len(rows)), sizes, left=left, color=colour, height=0.62, label=name, edgecolor="white")
        left = [before + size for before, size in zip(left, sizes, strict=True)]
    axes.set_yticks(range(len(rows)), [label.partition(" (")[0] for label, _ in rows])
    axes.set_xlabel("Deadlines")
    axes.invert_yaxis()
    axes.margins(y=0.02)
    _whole_numbers(axes, "x")
    figure.legend(loc="outside upper left", ncols=len(shown.across), frameon=False, fontsize=8, handlelength=1.1)


def _label(axes: Axes, x: float, y: float, cell: Cell, *, across: bool) -> None:
    hidden = isinstance(cell, str)
    offset = (4, 0) if across else (0, 3)
    axes.annotate(
        ("<5" if cell.startswith("fewer") else "–") if isinstance(cell, str) and not across else str(cell), (x, y),
        xytext=offset, textcoords="offset points", fontsize=8, color=QUIET if hidden else INK,
        ha="left" if across else "center", va="center" if across else "bottom", style="italic" if hidden else "normal",
    )  # fmt: skip


def _without_year(label: str) -> str:
    """``7 Sep`` of ``7 Sep 2026``, with school or without; anything else as it is."""
    words = label.removesuffix(NO_SCHOOL).split(" ")
    return " ".join(words[:2]) if len(words) == 3 and words[2].isdecimal() else label


def _whole_numbers(axes: Axes, way: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axis = axes.xaxis if way == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.grid(axis="x" if way == "x" else "y")
    axes.tick_params(length=0)
    axes.margins(x=0.09 if way == "x" else None, y=0.09 if way == "y" else None)


def _size(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


_DRAWN: dict[str, Callable[[Figure, Shown], None]] = {
    "weekly": _columns,
    "kinds": _bars,
    "behaviours": _bars,
    "places": _bars,
    "hours": _columns,
    "place-by-hour": _heat,
    "timeliness": _shares,
    "outcomes": _bars,
}
SAYS_ALL = frozenset(_DRAWN) - {"timeliness"}
"""Tables whose picture prints every count."""

__all__: Sequence[str] = ("SAYS_ALL", "plot")
