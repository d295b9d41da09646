"""From the sky to the cells of a block: transposition, then what rows, glass and dirt take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gnomon.pv import iam, irradiance, shading
from gnomon.pv.arrays import FloatArray
from gnomon.pv.mount import FixedMount, Mount
from gnomon.pv.plant import Block
from gnomon.pv.sky import Sky


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Light in the plane of the modules before anything stands in its way, arrays of shape (m,).

    Attributes
    ----------
    projection
        Cosine of the angle of incidence.
    direct, ground
        Beam of the sun; reflected by the ground. [W/m2]
    diffuse
        Of the sky, by parts. [W/m2]
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an optical step may look at: the block, its plane, the sky above."""

    block: Block
    plane: Plane
    sky: Sky


Optic: TypeAlias = Callable[[Light, Scene], Light]


def transpose(mount: Mount, albedo: tuple[float, ...], sky: Sky) -> Plane:
    """Return the light in the plane of a mount over open ground: Perez sky, isotropic ground."""
    if not isinstance(mount, FixedMount):
        raise TypeError("mount: rows that move are not simulated yet")
    tilt, azimuth = mount.surface_tilt, mount.surface_azimuth
    projection = irradiance.aoi_projection(tilt, azimuth, sky.zenith, sky.azimuth)
    return Plane(
        projection=projection,
        direct=sky.dni * np.maximum(projection, 0.0),
        diffuse=irradiance.perez(tilt, projection, sky.zenith, sky.dhi, sky.brightness),
        ground=irradiance.ground_diffuse(tilt, sky.ghi, sky.by_month(albedo)),
    )


def collect(block: Block, plane: Plane, sky: Sky) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the effective irradiance at the cells and what each optical step took [W/m2]."""
    scene = Scene(block=block, plane=plane, sky=sky)
    light, taken = _sort(plane, circumsolar_as_beam=block.circumsolar_as_beam), {}
    for name, step in OPTICS.items():
        left = step(light, scene)
        taken[name] = light.total - left.total
        light = left
    return light.total, taken


def near_shading(light: Light, scene: Scene) -> Light:
    """Take what the rows before and behind keep from each other; the horizon's band counts as sky."""
    block, sky, mount = scene.block, scene.sky, _fixed(scene.block)
    gcr, tilt = mount.gcr, mount.surface_tilt
    if block.shading.near == "none" or gcr is None:
        return light
    across = shading.projected_solar_zenith(mount.surface_azimuth, sky.zenith, sky.azimuth)
    alone = (1.0 + np.cos(np.radians(tilt))) / 2.0
    return Light(
        beam=light.beam * (1.0 - shading.shaded_fraction(tilt, gcr, across)),
        sky=light.sky * (shading.row_sky_view(tilt, gcr) / alone),
        ground=_ground_between_rows(tilt, gcr, across, sky) * sky.by_month(block.albedo),
    )


def incidence(light: Light, scene: Scene) -> Light:
    """Take what the glass reflects: the beam by its angle, sky and ground by their mean over directions."""
    curve = scene.block.inputs[0].module.iam
    of_sky, of_ground = iam.diffuse(curve, _fixed(scene.block).surface_tilt)
    of_beam = iam.beam(np.degrees(np.arccos(scene.plane.projection)), curve)
    return Light(beam=light.beam * of_beam, sky=light.sky * of_sky, ground=light.ground * of_ground)


def soiling(light: Light, scene: Scene) -> Light:
    """Take the month's dirt from all light alike."""
    clean = 1.0 - scene.sky.by_month(scene.block.losses.soiling)
    return Light(beam=light.beam * clean, sky=light.sky * clean, ground=light.ground * clean)


OPTICS: dict[str, Optic] = {"GlobShd": near_shading, "GlobIAM": incidence, "GlobSlg": soiling}


def _fixed(block: Block) -> FixedMount:
    """Return the block's mount, which stands still."""
    if not isinstance(block.mount, FixedMount):
        raise TypeError("mount: rows that move are not simulated yet")
    return block.mount


def _sort(plane: Plane, *, circumsolar_as_beam: bool) -> Light:
    """Sort light by direction; where F1 passes one the rest of the sky is below zero, and the beam pays."""
    diffuse = plane.diffuse
    with_beam = diffuse.circumsolar if circumsolar_as_beam else np.zeros_like(plane.direct)
    rest = diffuse.isotropic + diffuse.horizon + (diffuse.circumsolar - with_beam)
    short = np.minimum(rest, 0.0)
    return Light(beam=plane.direct + (with_beam + short), sky=rest - short, ground=plane.ground)


def _ground_between_rows(tilt: float, gcr: float, across: FloatArray, sky: Sky) -> FloatArray:
    """Return what white ground between rows sends to a row [W/m2]."""
    beam = np.maximum(sky.ghi - sky.dhi, 0.0) * shading.ground_lit_fraction(tilt, gcr, across)
    diffuse = sky.dhi * shading.ground_sky_view(tilt, gcr)
    return (beam + diffuse) * shading.row_ground_view(tilt, gcr)
