"""Settings come from the environment; what is wrong there is told with the remedy."""

from __future__ import annotations

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "given", "remedy"),
    [
        ("WORKBENCH_PRELOAD", "heavy", "give full or light or none"),
        ("WORKBENCH_RENDERER", "word", "give auto or embedded or quarto"),
        ("WORKBENCH_PUBLISH", "maybe", "give on or off"),
    ],
)
def test_a_word_that_is_not_known_is_told(name: str, given: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is '{given}'") as caught:
        Settings(environ={name: given})
    assert caught.value.remedy == remedy


def test_children_see_the_same_settings() -> None:
    given = {
        "WORKBENCH_PROJECT": "/p",
        "WORKBENCH_HOME": "/h",
        "WORKBENCH_PRELOAD": "light",
        "WORKBENCH_PUBLISH": "off",
        "WORKBENCH_RENDERER": "quarto",
        "DATABASE_URL": "postgresql://localhost/x",
        "REDIS_URL": "redis://localhost",
    }
    assert Settings(environ=given).environ() == given
    assert Settings(environ={}).preload == "full"
