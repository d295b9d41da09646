"""From the sky to the cells of a collector: transposition, then what horizon, rows, glass and dirt take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gnomon.pv import bifacial, horizon, iam, irradiance, shading, snow
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.horizon import Horizon
from gnomon.pv.loss import RARE
from gnomon.pv.mount import Mount
from gnomon.pv.plant import Bifacial, Block, DcInput, Iam, Shading
from gnomon.pv.posture import Posture, posture
from gnomon.pv.scene import SceneTable, shares_lost, sky_share, views_lost
from gnomon.pv.sky import Sky


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """All that decides which light reaches the cells of equal modules."""

    mount: Mount
    shading: Shading
    horizon: Horizon | None
    iam: Iam
    back: Bifacial | None
    bifaciality: float
    albedo: tuple[float, ...]
    soiling: tuple[float, ...]
    snow: tuple[float, ...]
    snow_strings: int | None
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
    scale
        Light measured in the plane over that modelled; 1 where none was measured.
    """

    posture: Posture
    projection: FloatArray
    direct: FloatArray
    diffuse: irradiance.SkyDiffuse
    ground: FloatArray
    scale: FloatLike = 1.0

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

    ``sun_visible`` is the share of the sun's disk above the far horizon, ``shaded`` that of the collector that
    lies in near shadow, None without any; of shape (m,).
    """

    collector: Collector
    plane: Plane
    sky: Sky
    sun_visible: FloatLike
    shaded: FloatArray | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearShadow:
    """What lies in near shadow, arrays of shape (m,).

    Attributes
    ----------
    share
        Of the collector. [0-1]
    affected
        Of the groups of cells that a bypass diode spans, those that the shadow reaches. [0-1]
    height
        How high above its lower edge a long row lies in shadow; 0 in a scene. [widths of the collector]
    """

    share: FloatArray
    affected: FloatArray
    height: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What reached the cells, arrays of shape (m,).

    Attributes
    ----------
    plane
        The light in the plane before any loss.
    light
        At the cells, by its direction. [W/m2]
    shadow
        The near shadow on the collector, None without any.
    taken
        What each optical step took, in order. [W/m2]
    effective
        All light at the cells. [W/m2]
    """

    plane: Plane
    light: Light
    shadow: NearShadow | None
    taken: dict[str, FloatArray]
    effective: FloatArray


Optic: TypeAlias = Callable[[Light, Scene], Light]


def collector(block: Block, given: DcInput) -> Collector:
    """Return the collector of one of a block's inputs."""
    return Collector(
        mount=block.mount_of(given),
        shading=block.shading_of(given),
        horizon=block.horizon,
        iam=given.module.iam,
        back=given.bifacial,
        bifaciality=given.module.bifaciality if given.bifacial else 0.0,
        albedo=block.albedo,
        soiling=block.losses.soiling,
        snow=block.losses.snow,
        snow_strings=block.snow_strings,
        circumsolar_as_beam=block.circumsolar_as_beam,
    )


def transpose(mount: Mount, albedo: tuple[float, ...], sky: Sky) -> Plane:
    """Return the light in the plane of a mount over open ground: Perez sky, isotropic ground."""
    stand = posture(mount, sky)
    tilt, azimuth = stand.surface_tilt, stand.surface_azimuth
    projection = irradiance.aoi_projection(tilt, azimuth, sky.zenith, sky.azimuth)
    plane = Plane(
        posture=stand,
        projection=projection,
        direct=sky.dni * np.maximum(projection, 0.0),
        diffuse=irradiance.perez(tilt, projection, sky.zenith, sky.dhi, sky.brightness),
        ground=irradiance.ground_diffuse(tilt, sky.ghi, sky.by_month(albedo)),
    )
    return plane if sky.weather.poa is None else _as_measured(plane, sky.weather.poa[sky.up])


def _as_measured(plane: Plane, poa_global: FloatArray) -> Plane:
    """Return the plane with the light that was measured in it, in the shares that the model gives its parts.

    Where the model sees no light at all the measured light is the sky's.
    """
    modelled = plane.poa_global
    scale = np.divide(poa_global, modelled, out=np.zeros_like(modelled), where=modelled > 0)
    diffuse = plane.diffuse
    return Plane(
        posture=plane.posture,
        projection=plane.projection,
        direct=plane.direct * scale,
        diffuse=irradiance.SkyDiffuse(
            isotropic=np.where(modelled > 0, diffuse.isotropic * scale, poa_global),
            circumsolar=diffuse.circumsolar * scale,
            horizon=diffuse.horizon * scale,
        ),
        ground=plane.ground * scale,
        scale=scale,
    )


def collect(on: Collector, plane: Plane, sky: Sky) -> Collected:
    """Pass the light in a plane through the optical steps of a collector."""
    visible = 1.0 if on.horizon is None else horizon.sun_share(on.horizon, sky.zenith, sky.azimuth)
    shadow = _near_shadow(on, plane, sky)
    shaded = None if shadow is None else shadow.share
    scene = Scene(collector=on, plane=plane, sky=sky, sun_visible=visible, shaded=shaded)
    light, taken = _sort(plane, circumsolar_as_beam=on.circumsolar_as_beam), {}
    total = light.total
    for name, step in OPTICS.items():
        before, light = light, step(light, scene)
        if light is before and name in RARE:
            continue
        left = light.total
        taken[name] = total - left
        total = left
    return Collected(plane=plane, light=light, shadow=shadow, taken=taken, effective=total)


def far_shading(light: Light, scene: Scene) -> Light:
    """Take what far terrain hides of the sun, of the sky and its band along the horizon, and of the ground's sky."""
    on, plane, sky = scene.collector, scene.plane, scene.sky
    if on.horizon is None:
        return light
    visible = np.broadcast_to(scene.sun_visible, sky.ghi.shape)
    open_sky, open_band = _open(on.horizon, plane.posture)
    hidden = plane.diffuse.isotropic * (1.0 - open_sky) + plane.diffuse.horizon * (1.0 - open_band)
    return Light(
        beam=light.beam * scene.sun_visible,
        sky=np.clip(light.sky - hidden, 0.0, light.sky),
        ground=light.ground * horizon.ground_factor(on.horizon, sky.ghi, sky.dhi, visible),
    )


def near_shading(light: Light, scene: Scene) -> Light:
    """Take what rows keep from each other, or what a scene's objects hide; the horizon's band counts as sky."""
    shade, stand = scene.collector.shading, scene.plane.posture
    if scene.shaded is None:
        return light
    if shade.table is not None:
        of_sky, of_ground = _hidden_by_scene(shade.table, stand, scene.sky)
        bright = (
            1.0
            if stand.gcr is None or not shade.sees_ground_of_rows
            else _ground_between_rows(scene, stand.gcr)
        )
        return light.times(1.0 - scene.shaded, 1.0 - of_sky, (1.0 - of_ground) * bright)
    return light if stand.gcr is None else _between_rows(light, scene, stand.gcr, scene.shaded)


def _between_rows(light: Light, scene: Scene, gcr: float, shaded: FloatArray) -> Light:
    stand = scene.plane.posture
    of_sky, of_ground = shading.row_view_shares(stand.rotation, gcr, stand.cross_axis_tilt)
    return light.times(1.0 - shaded, of_sky, of_ground * _ground_between_rows(scene, gcr))


def _ground_between_rows(scene: Scene, gcr: float) -> FloatArray:
    """Return how bright the ground between rows is, as a share of open ground's light."""
    stand, (beam, diffuse) = scene.plane.posture, _on_open_ground(scene)
    rows = (stand.rotation, gcr, stand.cross_axis_tilt)
    lit = shading.ground_lit_fraction(stand.rotation, gcr, stand.across, stand.cross_axis_tilt)
    open_ground = beam + diffuse
    left = beam * lit + diffuse * shading.ground_sky_view(*rows)
    bright: FloatArray = np.divide(left, open_ground, out=np.zeros_like(left), where=open_ground > 0)
    return bright


def incidence(light: Light, scene: Scene) -> Light:
    """Take what the glass reflects: the beam by its angle, sky and ground by their mean over directions."""
    curve, tilt = scene.collector.iam, scene.plane.posture.surface_tilt
    of_sky, of_ground = iam.diffuse(curve, tilt)
    of_beam = iam.beam_by_projection(scene.plane.projection, curve)
    return light.times(of_beam, of_sky, of_ground)


def soiling(light: Light, scene: Scene) -> Light:
    """Take the month's dirt from all light alike."""
    return _share_left(light, scene.collector.soiling, scene.sky)


def under_snow(light: Light, scene: Scene) -> Light:
    """Take the month's snow, and what lies and slides by its model, from all light alike."""
    on, sky, light = scene.collector, scene.sky, _share_left(light, scene.collector.snow, scene.sky)
    if on.snow_strings is None:
        return light
    covered = snow.dc_loss(_snow_cover(scene.plane, sky), on.snow_strings)
    left = 1.0 - covered[sky.up]
    return light.times(left, left, left)


def _snow_cover(plane: Plane, sky: Sky) -> FloatArray:
    """Return the share of a row that lies under snow in all n rows; at night rows lie as they last did."""
    weather, tilt = sky.weather, plane.posture.surface_tilt
    fallen = weather.snowfall
    if fallen is None:
        if weather.snow_depth is None:
            raise ValueError(
                "snow_depth: the model of sliding snow needs snow_depth or snowfall in the weather"
            )
        fallen = snow.snowfall_of_depth(weather.snow_depth)
    if not isinstance(tilt, float):
        last = np.maximum(np.searchsorted(sky.up, np.arange(len(sky.month)), side="right") - 1, 0)
        tilt = np.asarray(tilt)[last] if len(sky.up) else 0.0
    poa_global = sky.whole(plane.poa_global)
    return snow.coverage(fallen, poa_global, weather.temp_air, tilt, weather.step, depth=weather.snow_depth)


def rear(light: Light, scene: Scene) -> Light:
    """Add what the backs of bifacial modules make of their light, as light of the ground on the front."""
    on, stand, sky, plane = scene.collector, scene.plane.posture, scene.sky, scene.plane
    if on.back is None or stand.gcr is None or not on.bifaciality:
        return light
    slope = stand.cross_axis_tilt
    _check_height(on.back, stand.rotation, slope)
    gcr = stand.gcr * float(np.cos(np.radians(slope)))
    rows = bifacial.Rows(gcr=gcr, height=on.back.height * gcr / on.back.collector_width)
    beam, diffuse = _on_open_ground(scene)
    incoming = bifacial.Incoming(
        across=stand.across - slope,
        beam=beam,
        diffuse=diffuse,
        behind=sky.dni * np.maximum(-plane.projection, 0.0) * (plane.scale * scene.sun_visible),
        albedo=sky.by_month(on.albedo),
    )
    # A row that stands upright may lean over a slope; there its back is taken as upright still.
    rotation = np.clip(stand.rotation - slope, -90.0, 90.0)
    backs = bifacial.rear_irradiance(rotation, rows, incoming, on.back.transparency)
    of_ground, of_sky = iam.diffuse(on.iam, stand.surface_tilt)
    gain = bifacial.gain(
        backs,
        bifaciality=on.bifaciality,
        racking_shading=on.back.racking_shading,
        irradiance_mismatch_loss=on.back.mismatch,
        iam=(iam.beam_by_projection(-plane.projection, on.iam), of_sky, of_ground),
    )
    # Level rows see nothing but what the views round to, which may be below zero.
    return Light(beam=light.beam, sky=light.sky, ground=light.ground + np.maximum(gain, 0.0))


def _check_height(back: Bifacial, rotation: FloatLike, slope: float) -> None:
    steepest = min(float(np.max(np.abs(np.asarray(rotation) - slope), initial=0.0)), 90.0)
    least = 0.5 * back.collector_width * float(np.sin(np.radians(steepest)))
    if back.height < least * (1.0 - 1e-9):
        raise ValueError(
            f"height: rows {back.collector_width:g} m wide (collectorWidth) with their axis at {back.height:g} m "
            f"reach into the ground at {steepest:.3g} degrees; give a height of at least {least:.3g} m"
        )


OPTICS: dict[str, Optic] = {
    "GlobHrz": far_shading,
    "GlobShd": near_shading,
    "GlobIAM": incidence,
    "GlobSlg": soiling,
    "GlobSnow": under_snow,
    "GlobBak": rear,
}


def _share_left(light: Light, losses: tuple[float, ...], sky: Sky) -> Light:
    if not any(losses):
        return light
    left: FloatLike = 1.0 - sky.by_month(losses)
    return light.times(left, left, left)


def _open(terrain: Horizon, stand: Posture) -> tuple[FloatLike, FloatLike]:
    """Return what a plane still sees of the sky and of the band along the horizon."""
    tilt, azimuth = stand.surface_tilt, stand.surface_azimuth
    if isinstance(tilt, float) and isinstance(azimuth, float):
        return horizon.sky_factor(terrain, tilt, azimuth), horizon.band_factor(terrain, azimuth)
    moving = np.broadcast_to(tilt, stand.across.shape), np.broadcast_to(azimuth, stand.across.shape)
    return horizon.sky_factors(terrain, *moving), horizon.band_factors(terrain, moving[1])


def _hidden_by_scene(table: SceneTable, stand: Posture, sky: Sky) -> tuple[FloatLike, FloatLike]:
    """Return what a scene hides of sky and ground; where it does not say, rows that move are level for the sky."""
    of_sky, of_ground = views_lost(table, sky.zenith, sky.azimuth)
    if of_sky is None:
        tilt, azimuth = stand.surface_tilt, stand.surface_azimuth
        still = isinstance(tilt, float) and isinstance(azimuth, float)
        of_sky = sky_share(table, float(tilt), float(azimuth)) if still else sky_share(table, 0.0, 0.0)
    return of_sky, 0.0 if of_ground is None else of_ground


def _near_shadow(on: Collector, plane: Plane, sky: Sky) -> NearShadow | None:
    """Return what the surroundings of a collector shade of it."""
    stand, shade = plane.posture, on.shading
    if shade.table is not None:
        share, affected = shares_lost(shade.table, sky.zenith, sky.azimuth)
        return NearShadow(share=share, affected=affected, height=np.zeros_like(share))
    if shade.near == "none" or stand.gcr is None:
        return None
    share = shading.shaded_fraction(stand.rotation, stand.gcr, stand.across, stand.cross_axis_tilt)
    groups = 0 if shade.electrical is None else shade.electrical.transverse_diodes
    return NearShadow(
        share=share,
        # A group counts as a whole once the shadow reaches it; rounding does not reach.
        affected=np.ceil(np.maximum(share * groups - 1e-9, 0.0)) / groups if groups else share,
        height=shading.shadow_height(share, stand.rotation, stand.cross_axis_tilt),
    )


def _sort(plane: Plane, *, circumsolar_as_beam: bool) -> Light:
    """Sort light by direction; where F1 passes one the rest of the sky is below zero, and the beam pays."""
    diffuse = plane.diffuse
    with_beam = diffuse.circumsolar if circumsolar_as_beam else np.zeros_like(plane.direct)
    rest = diffuse.isotropic + diffuse.horizon + (diffuse.circumsolar - with_beam)
    short = np.minimum(rest, 0.0)
    return Light(beam=plane.direct + (with_beam + short), sky=rest - short, ground=plane.ground)


def _on_open_ground(scene: Scene) -> tuple[FloatArray, FloatArray]:
    """Return the beam and the diffuse light on level ground before the rows, under far terrain [W/m2]."""
    sky, terrain = scene.sky, scene.collector.horizon
    open_sky = 1.0 if terrain is None else horizon.sky_factor(terrain, 0.0, 0.0)
    beam = np.maximum(sky.ghi - sky.dhi, 0.0) * (scene.plane.scale * scene.sun_visible)
    return beam, sky.dhi * (scene.plane.scale * open_sky)
