"""From the sky to the cells of a collector: transposition, then what horizon, rows, glass and dirt take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gnomon.pv import iam, irradiance, shading
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.mount import Mount
from gnomon.pv.plant import Block, DcInput, Iam, Shading
from gnomon.pv.posture import Posture, posture
from gnomon.pv.sky import Sky


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """All that decides which light reaches the cells of equal modules."""

    mount: Mount
    shading: Shading
    iam: Iam
    albedo: tuple[float, ...]
    soiling: tuple[float, ...]
    snow: tuple[float, ...]
    circumsolar_as_beam: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Light in the plane of the modules before anything stands in its way, arrays of shape (m,).

    Attributes
    ----------
    posture
        How the modules stand.
    projection
        Cosine of the angle of incidence.
    direct, ground
        Beam of the sun; reflected by the ground. [W/m2]
    diffuse
        Of the sky, by parts. [W/m2]
    """

    posture: Posture
    projection: FloatArray
    direct: FloatArray
    diffuse: irradiance.SkyDiffuse
    ground: FloatArray

    @property
    def poa_global(self) -> FloatArray:
        """All light in the plane. [W/m2]."""
        diffuse = self.diffuse
        return self.direct + diffuse.isotropic + diffuse.circumsolar + diffuse.horizon + self.ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What is left on its way to the cells, by the direction that decides its losses [W/m2], shape (m,)."""

    beam: FloatArray
    sky: FloatArray
    ground: FloatArray

    @property
    def total(self) -> FloatArray:
        """All of it."""
        return self.beam + self.sky + self.ground

    def times(self, beam: FloatLike, sky: FloatLike, ground: FloatLike) -> "Light":
        """Return what remains after a factor for each part."""
        return Light(beam=self.beam * beam, sky=self.sky * sky, ground=self.ground * ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an optical step may look at: the collector, its plane, the sky above, the shadow on it.

    ``shaded`` is the share of the collector that lies in near shadow, of shape (m,), None without any.
    """

    collector: Collector
    plane: Plane
    sky: Sky
    shaded: FloatArray | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What reached the cells, arrays of shape (m,).

    Attributes
    ----------
    plane
        The light in the plane before any loss.
    light
        At the cells, by its direction. [W/m2]
    shaded
        Share of the collector in near shadow, None without any.
    taken
        What each optical step took, in order. [W/m2]
    effective
        All light at the cells. [W/m2]
    """

    plane: Plane
    light: Light
    shaded: FloatArray | None
    taken: dict[str, FloatArray]
    effective: FloatArray


Optic: TypeAlias = Callable[[Light, Scene], Light]


def collector(block: Block, given: DcInput) -> Collector:
    """Return the collector of one of a block's inputs."""
    return Collector(
        mount=block.mount_of(given),
        shading=block.shading_of(given),
        iam=given.module.iam,
        albedo=block.albedo,
        soiling=block.losses.soiling,
        snow=block.losses.snow,
        circumsolar_as_beam=block.circumsolar_as_beam,
    )


def transpose(mount: Mount, albedo: tuple[float, ...], sky: Sky) -> Plane:
    """Return the light in the plane of a mount over open ground: Perez sky, isotropic ground."""
    stand = posture(mount, sky)
    tilt, azimuth = stand.surface_tilt, stand.surface_azimuth
    projection = irradiance.aoi_projection(tilt, azimuth, sky.zenith, sky.azimuth)
    return Plane(
        posture=stand,
        projection=projection,
        direct=sky.dni * np.maximum(projection, 0.0),
        diffuse=irradiance.perez(tilt, projection, sky.zenith, sky.dhi, sky.brightness),
        ground=irradiance.ground_diffuse(tilt, sky.ghi, sky.by_month(albedo)),
    )


def collect(on: Collector, plane: Plane, sky: Sky) -> Collected:
    """Pass the light in a plane through the optical steps of a collector."""
    scene = Scene(collector=on, plane=plane, sky=sky, shaded=_near_shadow(on, plane))
    light, taken = _sort(plane, circumsolar_as_beam=on.circumsolar_as_beam), {}
    total = light.total
    for name, step in OPTICS.items():
        before, light = light, step(light, scene)
        if light is before and name in RARE:
            continue
        left = light.total
        taken[name] = total - left
        total = left
    return Collected(plane=plane, light=light, shaded=scene.shaded, taken=taken, effective=total)


def near_shading(light: Light, scene: Scene) -> Light:
    """Take what the rows before and behind keep from each other; the horizon's band counts as sky."""
    on, stand, sky = scene.collector, scene.plane.posture, scene.sky
    if scene.shaded is None or stand.gcr is None:
        return light
    rows = (stand.rotation, stand.gcr, stand.cross_axis_tilt)
    alone = 0.5 * (1.0 + np.cos(np.radians(stand.rotation - stand.cross_axis_tilt)))
    return Light(
        beam=light.beam * (1.0 - scene.shaded),
        sky=light.sky * (shading.row_sky_view(*rows) / alone),
        ground=_ground_between_rows(stand, stand.gcr, sky) * sky.by_month(on.albedo),
    )


def incidence(light: Light, scene: Scene) -> Light:
    """Take what the glass reflects: the beam by its angle, sky and ground by their mean over directions."""
    curve, tilt = scene.collector.iam, scene.plane.posture.surface_tilt
    of_sky, of_ground = iam.diffuse(curve, tilt)
    of_beam = iam.beam_by_projection(scene.plane.projection, curve)
    return light.times(of_beam, of_sky, of_ground)


def soiling(light: Light, scene: Scene) -> Light:
    """Take the month's dirt from all light alike."""
    return _share_left(light, scene.collector.soiling, scene.sky)


def snow(light: Light, scene: Scene) -> Light:
    """Take the month's snow from all light alike."""
    return _share_left(light, scene.collector.snow, scene.sky)


OPTICS: dict[str, Optic] = {
    "GlobShd": near_shading,
    "GlobIAM": incidence,
    "GlobSlg": soiling,
    "GlobSnow": snow,
}
# Steps that stand in the ledger of those alone who ask for them.
RARE = frozenset({"GlobSnow"})


def _share_left(light: Light, losses: tuple[float, ...], sky: Sky) -> Light:
    if not any(losses):
        return light
    left: FloatLike = 1.0 - sky.by_month(losses)
    return light.times(left, left, left)


def _near_shadow(on: Collector, plane: Plane) -> FloatArray | None:
    """Return the share of the collector that its surroundings shade."""
    stand = plane.posture
    if on.shading.near == "none" or stand.gcr is None:
        return None
    return shading.shaded_fraction(stand.rotation, stand.gcr, stand.across, stand.cross_axis_tilt)


def _sort(plane: Plane, *, circumsolar_as_beam: bool) -> Light:
    """Sort light by direction; where F1 passes one the rest of the sky is below zero, and the beam pays."""
    diffuse = plane.diffuse
    with_beam = diffuse.circumsolar if circumsolar_as_beam else np.zeros_like(plane.direct)
    rest = diffuse.isotropic + diffuse.horizon + (diffuse.circumsolar - with_beam)
    short = np.minimum(rest, 0.0)
    return Light(beam=plane.direct + (with_beam + short), sky=rest - short, ground=plane.ground)


def _ground_between_rows(stand: Posture, gcr: float, sky: Sky) -> FloatArray:
    """Return what white ground between rows sends to a row [W/m2]."""
    rows = (stand.rotation, gcr, stand.cross_axis_tilt)
    lit = shading.ground_lit_fraction(stand.rotation, gcr, stand.across, stand.cross_axis_tilt)
    beam = np.maximum(sky.ghi - sky.dhi, 0.0) * lit
    diffuse = sky.dhi * shading.ground_sky_view(*rows)
    seen: FloatArray = (beam + diffuse) * shading.row_ground_view(*rows)
    return seen
