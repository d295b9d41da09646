import pytest
from collada_writer import box, document, mesh, node
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.workloads.shading_scene.canonical import read_scene
from gnomon.workloads.shading_scene.fields import Notes
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.pvc import read_pvc
from gnomon.workloads.shading_scene.xml import NotReadable

PLATE = [(0.0, 0.0, 0.0), (20.0, 0.0, 0.0), (20.0, 3.464, 2.0), (0.0, 3.464, 2.0)]
MODULES = (
    "<module_width>0.98</module_width><module_height>1.98</module_height><module_x_spacing>0.02</module_x_spacing>"
    "<module_y_spacing>0.02</module_y_spacing><module_manufacturer>m</module_manufacturer><module_name>n</module_name>"
)


def scene_of(content: bytes, **options: bool) -> tuple[Scene, list[str]]:
    document_, warnings = read_pvc(content, **options)
    notes = Notes()
    scene = read_scene(document_, notes)
    assert scene is not None, notes.complaints
    return scene, warnings


def tracker(name: str) -> str:
    flat = [(-2.0, 0.0, 2.0), (2.0, 0.0, 2.0), (2.0, 30.0, 2.0), (-2.0, 30.0, 2.0)]
    ends = "<float_array>0 0 1.9</float_array><float_array>0 30 1.9</float_array>"
    told = (
        f"<tracker_parameters>{MODULES}<tracker_type>single_axis_trackers</tracker_type>"
        f"<axis_vertices>{ends}</axis_vertices><min_phi>-52</min_phi><max_phi>55</max_phi></tracker_parameters>"
    )
    return mesh(name, flat, [[0, 1, 2, 3]], extra=told)


class TestFirstVersion:
    def test_frames_are_tables_and_the_rest_shades(self) -> None:
        points, faces = box(5, 5, 8)
        content = document(
            [
                mesh(
                    "Frame0", PLATE, [[0, 1, 2, 3]], extra=f"<frame_parameters>{MODULES}</frame_parameters>"
                ),
                mesh("house", points, faces),
                mesh("Topography", [(0, 0, 0), (50, 0, 0), (50, 50, 1), (0, 50, 0)], [[0, 1, 2], [0, 2, 3]]),
            ],
            [
                node("PVcase", "Frame0", "<translate>0 10 1</translate>"),
                node("h", "house"),
                node("t", "Topography"),
            ],
            up_axis=None,
        )
        scene, warnings = scene_of(content)
        assert scene.names == ("Frame0",)
        # 4.0 m of slope: two modules of 1.98 m upright, or four of 0.98 m lying.
        assert scene.transverse_diodes.tolist() in ([2], [12])
        assert len(scene.triangles) == 14
        assert scene.terrain.sum() == 2
        assert scene.corners[0].tolist() == [
            pytest.approx(c) for c in [[0, 10, 1], [20, 10, 1], [20, 13.464, 3], [0, 13.464, 3]]
        ]
        assert any("up_axis: not given; taken as z" in warning for warning in warnings)

    def test_trackers_bring_their_tube_and_their_limits(self) -> None:
        content = document(
            [tracker("T1")], [node("a", "T1", "<translate>100 0 0</translate>")], up_axis="Z_UP"
        )
        scene, warnings = scene_of(content)
        assert scene.is_tracker.all()
        assert scene.axis_point[0].tolist() == pytest.approx([100, 15, 1.9])
        assert scene.axis_vector[0].tolist() == pytest.approx([0, 1, 0])
        assert scene.max_rotation == 52
        assert any(warning.startswith("transverseDiodes: ") for warning in warnings)

    def test_diodes_are_left_alone_when_not_wanted(self) -> None:
        content = document([tracker("T1")], [node("a", "T1")])
        document_, warnings = read_pvc(content, read_diodes=False)
        assert "transverseDiodes" not in document_["tableList"][0]
        assert document_["modelInputs"] == {"diodesReadIn": False}
        assert warnings == []

    def test_what_real_files_do_against_the_standard_is_taken_as_meant(self) -> None:
        told = f"<frame_parameters>{MODULES}</frame_parameters>"
        under = [(x, y, z - 0.05) for x, y, z in PLATE]
        content = document([mesh("F", [*PLATE, *under], [[0, 1, 2, 3]], extra=told)], [node("n", "F")])
        # Accessors that count numbers, triangles that count none, and a scene that is named by nothing.
        text = content.decode().replace('count="8" stride', 'count="24" stride').replace("#v", "#")
        text = text.replace('<visual_scene id="v">', '<visual_scene id="">')
        scene, _ = scene_of(text.encode())
        assert scene.corners[0, :, 2].tolist() == pytest.approx([0, 0, 2, 2])


RACK = (
    '<extra><technique profile="PVCollada-2.0"><pv:rack><pv:rack_type>{kind}</pv:rack_type>'
    "<pv:module_rows>2</pv:module_rows><pv:module_orientation>{way}</pv:module_orientation></pv:rack></technique></extra>"
)
TABLE = (
    '<extra><technique profile="PVCollada-2.0"><pv:table><pv:type>{kind}</pv:type>'
    "<pv:tracker_max_rotation>-45.0 45.0</pv:tracker_max_rotation></pv:table></technique></extra>"
)


def second(kind: str = "tracker", way: str = "portrait") -> bytes:
    """Two tables of two racks each in centimetres, which a library node defines once, and a post."""
    flat = [(0.0, 0.0, 0.0), (0.0, -1500.0, 0.0), (-400.0, -1500.0, 0.0), (-400.0, 0.0, 0.0)]
    post, faces = box(10, 10, 150)
    post_told = '<extra><technique profile="PVCollada-2.0"><pv:post/></technique></extra>'
    library = (
        '<node id="M">'
        + node("r1", "R", "<translate>0 0 150</translate>")
        + node("r2", "R", "<translate>0 -1600 150</translate>")
        + node("p", "P")
        + TABLE.format(kind=kind)
        + "</node>"
    )
    placed = [
        f'<node id="n{number}"><translate>{-800 * number} 0 0</translate><instance_node url="#M"><extra>'
        f'<technique profile="PVCollada-2.0"><pv:instance_table id="T{number}"/></technique></extra>'
        "</instance_node></node>"
        for number in (1, 2)
    ]
    rack = mesh("R", flat, [[0, 1, 2], [0, 2, 3]], after=RACK.format(kind=kind, way=way))
    return document([rack, mesh("P", post, faces, after=post_told)], placed, metre=0.01, library=library)


class TestSecondVersion:
    def test_racks_of_a_tracker_turn_about_one_tube(self) -> None:
        scene, warnings = scene_of(second())
        assert scene.names == ("T1/1", "T1/2", "T2/1", "T2/2")
        assert scene.is_tracker.all()
        assert scene.axis_point[0].tolist() == pytest.approx(scene.axis_point[1].tolist())
        assert scene.axis_point[0].tolist() == pytest.approx([-10.0, -15.0, 1.5], abs=0.6)
        assert scene.axis_vector[0].tolist() == pytest.approx([0, 1, 0])
        assert scene.transverse_diodes.tolist() == [2] * 4
        assert scene.max_rotation == 45
        assert len(scene.triangles) == 0
        assert "2 posts and gaps of racks are left out: what shades is above them" in warnings

    def test_fixed_racks_in_landscape(self) -> None:
        scene, _ = scene_of(second("fixed", "landscape"))
        assert not scene.is_tracker.any()
        assert scene.transverse_diodes.tolist() == [6] * 4


class TestPlainCollada:
    def test_named_boxes_are_tables_on_their_upper_side(self) -> None:
        points, faces = box(3, 12, 0.05)
        tree, sides = box(1, 1, 9)
        place = "<translate>0 0 1</translate><rotate>0 1 0 -20</rotate>"
        content = document(
            [mesh("g", points, faces), mesh("tree", tree, sides)],
            [
                node("Table 1", "g", place),
                node("Tracker 2", "g", "<translate>9 0 1</translate>"),
                node("oak", "tree"),
            ],
        )
        scene, warnings = scene_of(content)
        assert scene.names == ("Table 1", "Tracker 2")
        assert scene.is_tracker.tolist() == [False, True]
        assert scene.corners[1, :, 2].tolist() == pytest.approx([1.05] * 4)
        assert len(scene.triangles) == 12
        assert any("tables are taken by their names" in warning for warning in warnings)

    def test_without_names_rectangles_of_the_size_of_tables_are(self) -> None:
        wall = [(0.0, 0.0, 0.0), (9.0, 0.0, 0.0), (9.0, 0.0, 4.0), (0.0, 0.0, 4.0)]
        hall, sides = box(50, 30, 10)
        content = document(
            [mesh("a", PLATE, [[0, 1, 2, 3]]), mesh("b", wall, [[0, 1, 2, 3]]), mesh("c", hall, sides)],
            [node("1", "a"), node("2", "b"), node("3", "c")],
        )
        scene, warnings = scene_of(content)
        assert scene.names == ("1",)
        assert len(scene.triangles) == 14
        assert any("tables are taken by their shape" in warning for warning in warnings)

    def test_single_modules_are_joined_to_the_table_they_make_up(self) -> None:
        points, faces = box(1.0, 2.0, 0.03)
        modules = [
            node(
                f"module{row}{column}",
                "m",
                f"<translate>{1.02 * column + 20 * (row > 1)} {2.02 * row} 1</translate>",
            )
            for row in range(4)
            for column in range(10)
        ]
        scene, _ = scene_of(document([mesh("m", points, faces)], modules))
        assert len(scene.names) == 2
        sides = sorted(scene.corners[0].max(axis=0) - scene.corners[0].min(axis=0))
        assert sides == pytest.approx([0.0, 4.02, 10.18], abs=1e-6)

    @pytest.mark.parametrize(
        ("up_axis", "turned"), [("Y_UP", lambda x, y, z: (x, z, -y)), ("X_UP", lambda x, y, z: (z, -x, -y))]
    )
    def test_the_axis_that_is_up_is_turned(self, up_axis: str, turned: object) -> None:
        points = [turned(*point) for point in PLATE]  # type: ignore[operator] # of the parameters
        content = document([mesh("a", points, [[0, 1, 2, 3]])], [node("table", "a")], up_axis=up_axis)
        scene, _ = scene_of(content)
        assert scene.corners[0].ravel().tolist() == pytest.approx(
            [value for point in PLATE for value in point]
        )

    def test_transforms_are_applied_from_the_outermost_inward(self) -> None:
        inner = node("table", "a", "<matrix>1 0 0 0 0 1 0 0 0 0 1 5 0 0 0 1</matrix><scale>2 1 1</scale>")
        outer = node("group", "", "<translate>7 0 0</translate><rotate>0 0 1 90</rotate>", inner)
        scene, _ = scene_of(document([mesh("a", PLATE, [[0, 1, 2, 3]])], [outer]))
        low, high = scene.corners[0].min(axis=0), scene.corners[0].max(axis=0)
        assert low.tolist() == pytest.approx([7 - 3.464, 0, 5])
        assert high.tolist() == pytest.approx([7, 40, 7])


ENTITIES = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d SYSTEM "file:///etc/passwd">]>'
LOOP = '<node id="A"><instance_node url="#B"/></node><node id="B"><instance_node url="#A"/></node>'
BOMB = "".join(
    f'<node id="N{level}">' + f'<instance_node url="#N{level + 1}"/>' * 40 + "</node>" for level in range(8)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is no XML"),
        (b"PVObject_=pvShading", "send a Collada file (.dae, .pvc)"),
        (b"<html/>", "XML of another kind (html)"),
        (document([], [], head=ENTITIES), "declares a document type or entities"),
        (b"<a>" * 200, "nests elements deeper than 100"),
        (document([], []), "the file shows no tables"),
        (
            document([mesh("a", PLATE, [[0, 1, 2, 3]])], [node("n", "a", "<matrix>1 2</matrix>")]),
            "instead of 16",
        ),
        (
            document([mesh("a", PLATE, [[0, 1, 2, 3]])], [node("n", "a")]).replace(b"20.000000", b"x", 1),
            "a number that is none",
        ),
        (document([], ['<node><instance_node url="#A"/></node>'], library=LOOP), "hold themselves"),
        (
            document([], ['<node><instance_node url="#N0"/></node>'], library=BOMB),
            "place one another too often",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy(content: bytes, words: str) -> None:
    with pytest.raises(NotReadable) as caught:
        read_pvc(content)
    assert words in str(caught.value)


WHOLE = second()


@settings(max_examples=50)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 40), st.binary(max_size=6))
def test_a_damaged_file_is_read_or_refused(start: int, length: int, put: bytes) -> None:
    damaged = WHOLE[:start] + put + WHOLE[start + length :]
    try:
        document_, _ = read_pvc(damaged)
    except NotReadable:
        return
    read_scene(document_, Notes())
