"""A bar chart of one case as SVG, written by hand so that nothing needs to be installed."""

from html import escape

from .results import Result

_WIDTH = 720
_LABEL = 170
_BAR = 22
_GAP = 10
_TOP = 44
_OURS = "#b3432b"
_OTHERS = "#8a96a3"


def _bar(position: int, name: str, value: float, largest: float) -> str:
    top = _TOP + position * (_BAR + _GAP)
    length = (_WIDTH - _LABEL - 90) * value / largest
    colour = _OURS if position == 0 else _OTHERS
    middle = top + _BAR * 0.7
    return (
        f'<text x="{_LABEL - 10}" y="{middle}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{_LABEL}" y="{top}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>'
        f'<text x="{_LABEL + length + 8:.1f}" y="{middle}">{value:,.0f}</text>'
    )


def throughput_chart(result: Result) -> str:
    """Requests per second of every row, Typhon's first and in a colour of its own."""
    largest = max(row.requests_per_s for row in result.rows)
    bars = [_bar(i, row.name, row.requests_per_s, largest) for i, row in enumerate(result.rows)]
    height = _TOP + len(bars) * (_BAR + _GAP) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="14">'
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>'
        f'<text x="16" y="26" font-weight="bold">{escape(result.title)}: requests per second</text>'
        f"{''.join(bars)}</svg>\n"
    )
