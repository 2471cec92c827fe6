"""Source ``dataset``: the published rows of another dataset, for datasets made from datasets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.model.value import Options as Base


class Options(Base):
    """``source: {dataset: sales}`` starts from the published version of ``sales``."""

    type: Literal["dataset"] = Field(default="dataset", description="another dataset")
    dataset: str = Field(min_length=1, description="the name of a dataset of this project")

    def datasets(self) -> tuple[str, ...]:
        """The datasets that this one needs."""
        return (self.dataset,)
