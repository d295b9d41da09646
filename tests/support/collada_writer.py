"""Writes Collada files as the tests need them."""

from collections.abc import Iterable, Sequence

Point = Sequence[float]

NAMESPACE = {"1.4.1": "http://www.collada.org/2005/11/COLLADASchema"}


def mesh(
    name: str, points: Sequence[Point], faces: Iterable[Sequence[int]], extra: str = "", after: str = ""
) -> str:
    """Write a geometry with its faces as a polylist."""
    listed = [list(face) for face in faces]
    numbers = " ".join(f"{value:.6f}" for point in points for value in point)
    return f"""
    <geometry id="{name}"><mesh>
      <source id="{name}-s"><float_array id="{name}-a" count="{3 * len(points)}">{numbers}</float_array>
        <technique_common><accessor source="#{name}-a" count="{len(points)}" stride="3"/></technique_common></source>
      <vertices id="{name}-v"><input semantic="POSITION" source="#{name}-s"/></vertices>
      <polylist count="{len(listed)}"><input semantic="VERTEX" offset="0" source="#{name}-v"/>
        <vcount>{" ".join(str(len(face)) for face in listed)}</vcount>
        <p>{" ".join(str(place) for face in listed for place in face)}</p></polylist>
      {extra}</mesh>{after}</geometry>"""


def node(name: str, geometry: str = "", place: str = "", inside: str = "") -> str:
    """Write a node that may place a geometry and hold others."""
    shown = f'<instance_geometry url="#{geometry}"/>' if geometry else ""
    return f'<node id="{name}" name="{name}">{place}{shown}{inside}</node>'


def document(
    geometries: Iterable[str],
    nodes: Iterable[str],
    *,
    up_axis: str | None = "Z_UP",
    metre: float = 1.0,
    library: str = "",
    head: str = "",
) -> bytes:
    """Write a whole file."""
    axis = f"<up_axis>{up_axis}</up_axis>" if up_axis else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>{head}
<COLLADA xmlns="{NAMESPACE["1.4.1"]}" xmlns:pv="http://www.example.com/pvcollada" version="1.4.1">
  <asset><unit meter="{metre}" name="u"/>{axis}</asset>
  <library_geometries>{"".join(geometries)}</library_geometries>
  <library_nodes>{library}</library_nodes>
  <library_visual_scenes><visual_scene id="v">{"".join(nodes)}</visual_scene></library_visual_scenes>
  <scene><instance_visual_scene url="#v"/></scene>
</COLLADA>""".encode()


def box(width: float, length: float, height: float) -> tuple[list[Point], list[list[int]]]:
    """Return the corners and faces of a box on the origin."""
    floor = [(0.0, 0.0), (width, 0.0), (width, length), (0.0, length)]
    points: list[Point] = [(x, y, z) for z in (0.0, height) for x, y in floor]
    faces = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    return points, faces
