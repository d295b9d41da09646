"""Light on the backs of long, equal rows on level ground, and what it is worth at the cells.

Seen from the side all lengths are shares of the pitch: a row is ``gcr`` wide and turns about an axis at
``height``; x runs across the rows from below an axis, in the direction in which angles are positive. The
ground is cut into strips that repeat with the rows. What a face sees of a strip follows from crossed strings
(Hottel and Sarofim 1967, Radiative Transfer, section 2-5), exactly in the mean over its width; what a strip
sees of no face it sees of the sky. All of it depends on the rows alone: only the shadows move with the sun.

Marion et al. (2017), DOI 10.1109/PVSC.2017.8366263, and Anderson, Jensen and Hansen (2026),
DOI 10.1109/JPHOTOV.2026.3677506, weigh the ground strip by strip in the same way. Mikofski et al. (2019),
DOI 10.1109/PVSC40753.2019.8980572, multiply the ground's mean light by the mean view instead, so that the
height does not count and low rows, which look into their own shadow, get too much. Ground and sky are taken
as even, the ground as dull; what the faces of other rows reflect is left out.

Where the four inputs of a bifacial array act: the *height* of the axis places view and shadow on the ground,
and *module transparency* lets that share of beam and sky through the modules to the ground below, both in
`rear_irradiance`; *racking shading* takes its share of all light on its way to the backs and the *irradiance
mismatch loss* its share of what the cells could make of the rest, both in `gain`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike, IntArray

Face: TypeAlias = Literal["front", "rear"]
Place: TypeAlias = tuple[IntArray, FloatArray]

_STRIPS = 60
# Direction in which a face looks when the row is tilted towards positive x.
_SIDE: dict[Face, int] = {"front": 1, "rear": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The cross-section of a field of rows: width, and height of the axes above ground, over the pitch."""

    gcr: float
    height: float

    def __post_init__(self) -> None:
        if not 0 < self.gcr < 1:
            raise ValueError(f"gcr: {self.gcr} is outside 0 to 1")
        if not 0 < self.height < np.inf:
            raise ValueError(f"height: {self.height} of the pitch; the axis must stand above the ground")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What the sun and the sky send to a field, arrays of shape (m,).

    Attributes
    ----------
    across
        The sun's angle from the vertical across the rows, of `shading.projected_solar_zenith`. [degrees]
    beam, diffuse
        On open, level ground: from the sun, with what shines around it if that counts as beam, and from the
        rest of the sky; together the global irradiance. [W/m2]
    behind
        Beam in the plane of the rear with the sun behind the modules, ``DNI max(0, -cos aoi)``, before other
        rows shade it. [W/m2]
    albedo
        Of the ground, also one number.
    """

    across: FloatArray
    beam: FloatArray
    diffuse: FloatArray
    behind: FloatArray
    albedo: FloatLike


@dataclass(frozen=True, slots=True, kw_only=True)
class RearLight:
    """Light on the backs in the mean over a row's width, by where it comes from [W/m2], shape (m,)."""

    beam: FloatArray
    sky: FloatArray
    ground: FloatArray

    @property
    def total(self) -> FloatArray:
        """All of it."""
        return self.beam + self.sky + self.ground


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundView:
    """What one face of a row sees of the ground, for q tilts.

    Attributes
    ----------
    upto
        View factor to the ground between the left end of a pitch and each edge of a strip, all pitches
        together: 0 at the first edge, all ground at the last. Shape (q, strips + 1)
    sky
        View factor to all strips, each weighted with its own view of the sky. Shape (q,)
    """

    upto: FloatArray
    sky: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RowViews:
    """What both faces see of the ground at q tilts [degrees]: the one of fixed rows, or even steps from 0."""

    tilt: FloatArray
    front: GroundView
    rear: GroundView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shadow:
    """Where a row's shadow starts and ends on the ground, and its length, over the pitch."""

    start: FloatArray
    end: FloatArray
    length: FloatArray


def rear_irradiance(
    rotation: FloatLike, rows: Rows, incoming: Incoming, transparency: float = 0.0
) -> RearLight:
    """Return the light that reaches the backs of rows, before racking, glass and cells.

    ``ground = albedo [(1 - t) (sum_k F_k (lit_k beam + S_k diffuse)) + t F (beam + diffuse)]`` over strips k
    with view factors F_k from the rear, F in all; lit share and view of the sky S_k; transparency t. The
    sky above the next row and the part of the beam that clears it follow from the same cross-section.

    Strips, and straight lines between views at about whole degrees where rows turn, keep the ground's part
    within 0.3 % of dense integrals where the lower edge stays a sixth of a row's width above the ground, and
    within 1 % where it touches it; the year's sum of trackers within 0.05 %.

    Parameters
    ----------
    rotation
        Of the rows from level, positive when the modules face positive ``across``: a row that follows the
        sun has its angle. One number, the tilt, if fixed, or shape (m,); within -90 to 90. [degrees]
    transparency
        Share of the light on a row that passes to the ground, through modules and the gaps between them.
    """
    _require_share("transparency", transparency)
    views, shadow = _views(rotation, rows), _cast(rotation, rows, incoming.across)
    place = _place(rotation, views)
    return RearLight(
        beam=incoming.behind / np.maximum(shadow.length, 1.0),
        sky=incoming.diffuse * _between(views.front.upto[:, -1], place),
        ground=_ground_light(views.rear, place, shadow, incoming, transparency),
    )


def front_ground(
    rotation: FloatLike, rows: Rows, incoming: Incoming, transparency: float = 0.0
) -> FloatArray:
    """Return the light of the ground on the fronts of rows, strip by strip as `rear_irradiance` [W/m2].

    `shading` multiplies mean light by mean view over the pitch instead. The two agree where a face sees all
    parts of the pitch alike, as from high rows; under low rows a year's sums part by some percent.
    """
    _require_share("transparency", transparency)
    views, shadow = _views(rotation, rows), _cast(rotation, rows, incoming.across)
    return _ground_light(views.front, _place(rotation, views), shadow, incoming, transparency)


def gain(
    light: RearLight,
    *,
    bifaciality: float,
    racking_shading: float = 0.0,
    irradiance_mismatch_loss: float = 0.0,
    iam: tuple[FloatLike, FloatLike, FloatLike] = (1.0, 1.0, 1.0),
) -> FloatArray:
    """Return what the rear adds to the effective irradiance of the front [W/m2].

    ``bifaciality (1 - racking) (1 - mismatch) (K_beam beam + K_sky sky + K_ground ground)``: cells make of
    it what they would make of as much light on the front, as PVsyst assumes. The mismatch loss is here a
    share of the rear's contribution alone. The rear is taken as clean.

    Parameters
    ----------
    bifaciality
        Power of the rear over that of the front in the same light, 0 to 1.
    racking_shading
        Share of the light that torque tubes, rails and posts keep from the backs.
    irradiance_mismatch_loss
        Share of the rear's contribution lost because cells of a string get unequal light.
    iam
        What passes the rear glass of beam, sky and ground. A rear at tilt b sees the sky as its front sees
        the ground and the reverse: of `iam.diffuse` at b the ground's factor is the rear's for the sky.
    """
    shares = {
        "bifaciality": bifaciality,
        "racking_shading": racking_shading,
        "irradiance_mismatch_loss": irradiance_mismatch_loss,
    }
    for name, share in shares.items():
        _require_share(name, share)
    left = bifaciality * (1.0 - racking_shading) * (1.0 - irradiance_mismatch_loss)
    of_beam, of_sky, of_ground = iam
    return left * (light.beam * of_beam + light.sky * of_sky + light.ground * of_ground)


@lru_cache(maxsize=256)
def row_views(rows: Rows, tilts: tuple[float, ...]) -> RowViews:
    """Return what both faces see of the ground at some tilts from level [degrees].

    A strip of length s sees ``1 - (gcr / s) (F_front + F_rear)`` of the sky by reciprocity with both faces
    of all rows: there is nothing else for it to see.
    """
    tilt = np.array(tilts)
    buried = rows.gcr / 2 * np.sin(np.radians(tilt.max())) - rows.height
    if buried > 1e-9:
        raise ValueError(
            f"height: at {tilt.max():g} degrees rows with their axis at {rows.height:g} pitches reach into "
            f"the ground; raise it to at least {rows.height + buried:.4g} pitches"
        )
    front, rear = (_upto(face, rows, np.radians(tilt)) for face in ("front", "rear"))
    of_front, of_rear = np.diff(front, axis=1), np.diff(rear, axis=1)
    sky = 1.0 - (of_front + of_rear) * (rows.gcr * _STRIPS)
    return RowViews(
        tilt=tilt,
        front=GroundView(upto=front, sky=np.einsum("qk,qk->q", of_front, sky)),
        rear=GroundView(upto=rear, sky=np.einsum("qk,qk->q", of_rear, sky)),
    )


def _views(rotation: FloatLike, rows: Rows) -> RowViews:
    """Return the views at a fixed tilt, or at steps of a degree up to the steepest."""
    steepest = float(np.max(np.abs(rotation), initial=0.0))
    if not steepest <= 90.0:
        raise ValueError(f"rotation: {steepest:g} degrees; rows turn within -90 to 90")
    if np.ndim(rotation) == 0:
        return row_views(rows, (steepest,))
    steps = max(int(np.ceil(steepest)), 1)
    return row_views(rows, tuple(np.linspace(0.0, steepest, steps + 1).tolist()))


def _upto(face: Face, rows: Rows, tilt: FloatArray) -> FloatArray:
    """Return `GroundView.upto`; the ground beyond some pitches is spread evenly over the strips."""
    pitches = 2 * (6 + int(np.ceil(6 * rows.height))) + 1
    x = np.linspace(-pitches / 2, pitches / 2, pitches * _STRIPS + 1)
    steps = _SIDE[face] * np.diff(_out_to(face, rows, tilt[:, None], x), axis=1)
    strips = steps.reshape(len(tilt), pitches, _STRIPS).sum(axis=1)
    strips += (_whole(face, rows, tilt[:, None]) - strips.sum(axis=1, keepdims=True)) / _STRIPS
    return np.concatenate((np.zeros((len(tilt), 1)), np.cumsum(strips, axis=1)), axis=1)


def _whole(face: Face, rows: Rows, tilt: FloatArray) -> FloatArray:
    """Return the view factor from a face to all ground, under the lower edge of the next row."""
    across = np.sqrt(1.0 + 2.0 * _SIDE[face] * rows.gcr * np.cos(tilt) + rows.gcr**2)
    whole: FloatArray = (1.0 + rows.gcr - across) / (2 * rows.gcr)
    return whole


def _out_to(face: Face, rows: Rows, tilt: FloatArray, x: FloatArray) -> FloatArray:
    """Return the view factor from a face to the ground from where its plane meets the ground out to x.

    Of the four strings two lie in the plane of the row; the one from its upper edge bends around the lower
    edge of the next row when that stands in the way.
    """
    side, half = _SIDE[face], rows.gcr / 2
    run, rise = half * np.cos(tilt), half * np.sin(tilt)
    low, high = np.maximum(rows.height - rise, 0.0), rows.height + rise
    next_low = run + side
    # Where the ground falls behind the next row's edge, and where the row's own plane meets it.
    hidden = side * (2 * rise * (x + run) - high * (next_low + run)) > 0
    beyond = side * (rise * x - run * rows.height) > 0
    bend = np.where(hidden, next_low, -run)
    from_high = np.sqrt(np.square(x - bend) + np.where(hidden, low**2, high**2))
    from_high += np.where(hidden, np.hypot(next_low + run, 2 * rise), 0.0)
    from_low = np.sqrt(np.square(x - run) + low**2)
    view: FloatArray = (from_low - from_high + rows.gcr) * (beyond / (2 * rows.gcr))
    return view


def _cast(rotation: FloatLike, rows: Rows, across: FloatArray) -> _Shadow:
    """Return the shadows as rows tilted towards positive x cast them; the others are mirrored."""
    tilt = np.radians(np.abs(rotation))
    slant = np.clip(np.tan(np.radians(across)), -1e6, 1e6) * np.where(np.less(rotation, 0.0), -1.0, 1.0)
    length = rows.gcr * np.abs(np.cos(tilt) + np.sin(tilt) * slant)
    start = -rows.height * slant - length / 2
    return _Shadow(start=start, end=start + length, length=length)


def _ground_light(
    view: GroundView, place: Place, shadow: _Shadow, incoming: Incoming, transparency: float
) -> FloatArray:
    """Return the light a face gets from the ground: open ground where rows let it through, else strips."""
    whole = _between(view.upto[:, -1], place)
    dark = _seen_upto(view, place, whole, shadow.end) - _seen_upto(view, place, whole, shadow.start)
    lit = np.where(shadow.length < 1.0, whole - dark, 0.0)
    of_sun = transparency * whole + (1.0 - transparency) * lit
    of_sky = transparency * whole + (1.0 - transparency) * _between(view.sky, place)
    return incoming.albedo * (incoming.beam * of_sun + incoming.diffuse * of_sky)


def _place(rotation: FloatLike, views: RowViews) -> Place:
    """Return the tilt before each rotation and how far it lies towards the next; zeros if there is one."""
    last = len(views.tilt) - 1
    if last == 0:
        return np.zeros(1, dtype=np.intp), np.zeros(1)
    steps = np.abs(rotation) * (last / max(views.tilt[-1], 1e-9))
    before = np.minimum(steps.astype(np.intp), last - 1)
    return before, steps - before


def _between(values: FloatArray, place: Place) -> FloatArray:
    """Interpolate values of the tilts, shape (q,)."""
    before, share = place
    if len(values) == 1:
        return values
    return values[before] + share * (values[before + 1] - values[before])


def _seen_upto(view: GroundView, place: Place, whole: FloatArray, x: FloatArray) -> FloatArray:
    """Return the view factor to the ground from below a row out to x, all pitches folded into one."""
    pitch = np.floor(x + 0.5)
    strips = (x - pitch + 0.5) * _STRIPS
    strip = np.minimum(strips.astype(np.intp), _STRIPS - 1)
    strips -= strip
    tilt, share = place
    table, cell = view.upto.ravel(), tilt * (_STRIPS + 1) + strip
    seen = table[cell] + strips * (table[cell + 1] - table[cell])
    if len(view.upto) > 1:
        cell += _STRIPS + 1
        steeper = table[cell] + strips * (table[cell + 1] - table[cell])
        seen += share * (steeper - seen)
    return seen + pitch * whole


def _require_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name}: {share} is no share; give a fraction from 0 to 1")
