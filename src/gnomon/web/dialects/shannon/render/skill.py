"""Skills, in the vendor's words."""

import hashlib
from collections.abc import Sequence

from gnomon.core.skill import Skill
from gnomon.core.task import Json


def summary(record: Skill) -> dict[str, Json]:
    """Write what a skill is."""
    return {
        "name": record.name,
        "version": record.version,
        "category": record.category,
        "description": record.description,
        "requires_tools": list(record.requires_tools),
        "dangerous": record.is_dangerous,
        "enabled": record.is_enabled,
    }


def skill(record: Skill) -> dict[str, Json]:
    """Write a skill with its text."""
    metadata = {"content_hash": hashlib.sha256(record.content.encode()).hexdigest()}
    told = {**summary(record), "author": record.author or "", "content": record.content, "metadata": metadata}
    return {"skill": told, "metadata": metadata}


def skills(records: Sequence[Skill], category: str | None) -> dict[str, Json]:
    """Write a list of skills, of a category if one is asked for; and which categories there are."""
    shown = [summary(each) for each in records if category in (None, each.category)]
    categories = sorted({each.category for each in records})
    return {"skills": shown, "count": len(shown), "categories": categories}


def versions(record: Skill) -> dict[str, Json]:
    """Write the versions of a skill: the folder holds the present one alone."""
    return {"name": record.name, "versions": [summary(record)], "count": 1}
