"""The picture of both goals over each other: what is answered rightly, and what is refused that is not there."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

PAPER, INK, PALE, GRID = "#fbfcfe", "#1c2536", "#55617a", "#dde3ee"
COLOURS: Final = ("#2f67b5", "#2f8f5b")
_WIDTH, _HEIGHT = 880, 500
_LEFT, _TOP, _SIDE_X, _SIDE_Y = 80.0, 60.0, 520.0, 360.0
_LOWEST = 0.5


class Point(NamedTuple):
    """What one threshold gives."""

    refused: float
    right: float


class Curve(NamedTuple):
    """A way of answering, over all thresholds, and where it stands."""

    name: str
    points: Sequence[Point]
    chosen: Point


def draw(curves: Sequence[Curve], goal: Point) -> str:
    """Write the picture as SVG: refused from outside to the right, answered rightly upward."""
    body = [*_grid(), *_goal(goal)]
    for n, curve in enumerate(curves):
        body += _curve(curve, COLOURS[n], 150 + 84 * n)
    font = 'font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="14"'
    title = "Right sentence among the first three, over questions from outside that are refused"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {font} role="img">'
    paper = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{PAPER}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, *body, "</svg>"]) + "\n"


def _x(refused: float) -> float:
    return _LEFT + _SIDE_X * (refused - _LOWEST) / (1.0 - _LOWEST)


def _y(right: float) -> float:
    return _TOP + _SIDE_Y * (1.0 - right) / (1.0 - _LOWEST)


def _grid() -> list[str]:
    lines = [
        _text(_LEFT, 24, "Right sentence among the first three", weight=600),
        _text(_LEFT, 43, "of all answerable questions; a refused one is a miss", PALE, 13),
        _text(
            _LEFT + _SIDE_X / 2, 466, "questions from outside the folder that are refused", PALE, 13, "middle"
        ),
    ]
    for percent in range(50, 101, 10):
        x, y = _x(percent / 100), _y(percent / 100)
        lines += [
            f'<path d="M{x:.1f},{_TOP} v{_SIDE_Y} M{_LEFT},{y:.1f} h{_SIDE_X}" stroke="{GRID}" fill="none"/>',
            _text(x, _TOP + _SIDE_Y + 22, f"{percent} %", PALE, 12, "middle"),
            _text(_LEFT - 10, y + 4, f"{percent} %", PALE, 12, "end"),
        ]
    return lines


def _goal(goal: Point) -> list[str]:
    x, y = _x(goal.refused), _y(goal.right)
    return [
        f'<path d="M{x:.1f},{y:.1f} V{_TOP} H{_x(1.0):.1f} V{y:.1f} Z" fill="#fdf3dc" fill-opacity="0.8"/>',
        _text(x + 8, y - 8, f"goal: {goal.right:.0%} and {goal.refused:.0%}".replace("%", " %"), PALE, 12),
    ]


def _curve(curve: Curve, colour: str, height: float) -> list[str]:
    seen = [each for each in curve.points if each.refused >= _LOWEST and each.right >= _LOWEST]
    path = " L".join(f"{_x(each.refused):.1f},{_y(each.right):.1f}" for each in seen)
    chosen = f"{curve.chosen.right:.1%} right, {curve.chosen.refused:.1%} refused".replace("%", " %")
    return [
        f'<path d="M{path}" stroke="{colour}" stroke-width="2.5" fill="none"/>',
        f'<circle cx="{_x(curve.chosen.refused):.1f}" cy="{_y(curve.chosen.right):.1f}" r="6" fill="{colour}"/>',
        _text(620, height, curve.name, colour, 14, weight=600),
        _text(620, height + 20, "at the threshold:", PALE, 13),
        _text(620, height + 38, chosen, PALE, 13),
    ]


def _text(
    x: float, y: float, words: str, fill: str = INK, size: int = 14, anchor: str = "start", weight: int = 400
) -> str:
    look = f'fill="{fill}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'
