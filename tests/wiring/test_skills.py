"""Skills are read from the operator's folders: as they are now, and only what is one."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gnomon.core.skill import Skill
from gnomon.wiring.skills import LARGEST, SkillFolders

EXAMPLES = Path(__file__).parents[2] / "examples" / "skills"
HEAD = "---\ndescription: Says how.\n{}---\nDo it so.\n"


def skill_file(folder: Path, name: str = "one", more: str = "") -> Path:
    path = folder / f"{name}.md"
    path.write_text(HEAD.format(more))
    return path


async def names(folders: SkillFolders) -> Sequence[str]:
    return [skill.name for skill in await folders.list_skills()]


async def test_the_examples_are_skills() -> None:
    plain, review = await SkillFolders([EXAMPLES]).list_skills()
    assert (plain.name, plain.version, plain.category) == ("plain-brief", "1.0.0", "writing")
    assert plain.content.startswith("Write for a reader")
    assert "---" not in plain.content
    assert review.requires_tools == ("document_search",)
    assert review.description == "Weighs the sources of an answer against each other before it uses them."


async def test_what_a_file_leaves_out_is_usual(tmp_path: Path) -> None:
    skill_file(tmp_path)
    assert await SkillFolders([tmp_path]).find("one") == Skill(
        name="one", description="Says how.", category="general", version="1", content="Do it so."
    )


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("dangerous: yes", "is_dangerous", True),
        ("enabled: False", "is_enabled", False),
        ("requires_tools: [web_search, web_fetch]", "requires_tools", ("web_search", "web_fetch")),
        ("requires_tools: web_search", "requires_tools", ("web_search",)),
        ('author: "Jo"', "author", "Jo"),
        ("name: other", "name", "other"),
    ],
)
async def test_lines_above_the_text_describe_it(tmp_path: Path, line: str, field: str, value: object) -> None:
    skill_file(tmp_path, more=f"{line}\n")
    (skill,) = await SkillFolders([tmp_path]).list_skills()
    assert getattr(skill, field) == value


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"Just a text.", "'description'"),
        (b"---\ndescription: x\n---\n", "Nothing stands below"),
        (b"---\ndescription: \xff\n---\nx", "not UTF-8"),
        (b"---\ndescription: x\nname: ../../etc\n---\nx", "Its name must be"),
        (b"---\ndescription: x\ndangerous: perhaps\n---\nx", "true or false"),
        (b"---\ndescription: x\n---\n" + b"x" * LARGEST, "larger than"),
    ],
)
async def test_what_is_no_skill_is_left_out_and_told_once(
    tmp_path: Path, content: bytes, cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.md").write_bytes(content)
    skill_file(tmp_path, "good")
    folders = SkillFolders([tmp_path])
    with caplog.at_level(logging.WARNING):
        assert await names(folders) == ["good"]
        assert await names(folders) == ["good"]
    (record,) = caplog.records
    assert record.message == "skill.left_out"
    assert cause in record.__dict__["cause"]


async def test_changes_show_at_the_next_look(tmp_path: Path) -> None:
    folders = SkillFolders([tmp_path])
    assert await names(folders) == []
    path = skill_file(tmp_path)
    assert await names(folders) == ["one"]
    path.write_text(HEAD.format("category: other\n"))
    found = await folders.find("one")
    assert found is not None
    assert found.category == "other"
    path.unlink()
    assert await folders.find("one") is None


async def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    secret = skill_file(outside, "secret")
    (inside / "link.md").symlink_to(secret)
    (outside / "SKILL.md").write_text(HEAD.format(""))
    (inside / "folder").symlink_to(outside)
    skill_file(inside, "own")
    (inside / "alias.md").symlink_to(inside / "own.md")
    assert await names(SkillFolders([inside])) == ["alias", "own"]


async def test_a_pipe_is_no_skill_and_stops_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    skill_file(tmp_path)
    assert await names(SkillFolders([tmp_path])) == ["one"]


async def test_a_link_to_itself_is_no_skill_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "round.md").symlink_to(tmp_path / "round.md")
    (tmp_path / "folder").symlink_to(tmp_path / "folder")
    skill_file(tmp_path)
    assert await names(SkillFolders([tmp_path])) == ["one"]


async def test_the_first_folder_wins_and_a_missing_one_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    skill_file(first, more="version: 2\n")
    skill_file(second, more="version: 1\n")
    folders = SkillFolders([first, tmp_path / "missing", second])
    with caplog.at_level(logging.WARNING):
        found = await folders.find("one")
        await folders.find("one")
    assert found is not None
    assert found.version == "2"
    assert [record.message for record in caplog.records] == ["skill.folder_missing"]
