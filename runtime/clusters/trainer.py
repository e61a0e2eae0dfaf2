"""The port of what finds clusters, the project's own K-Means behind it, and its settings."""

from typing import Literal, Protocol

from pydantic import Field

from runtime.clusters.means import Vectors
from runtime.shared.settings import SettingsModel
from runtime.vectors.engine.kmeans import kmeans


class TrainingFailed(Exception):
    """The clusters could not be found; the next run starts over."""


class Trainer(Protocol):
    """Finds clusters by K-Means."""

    def train(self, vectors: Vectors, k: int) -> Vectors | None:
        """Centroids (at most k, d) of vectors (n, d), n >= k; None where that takes longer than this run.

        What is under way is taken up by the next call. Raises TrainingFailed and client errors.
        """
        ...


class BuiltinTrainer:
    """K-Means of the project, within this process."""

    def train(self, vectors: Vectors, k: int) -> Vectors:
        """As `Trainer.train`, and always at once."""
        return kmeans(vectors, k).centroids


class BuiltinTrainerSettings(SettingsModel):
    """Member `trainer` of variable GROUPING: the project's own K-Means."""

    kind: Literal["builtin"]


class SageMakerTrainerSettings(SettingsModel):
    """Member `trainer` of variable GROUPING: the K-Means that comes with SageMaker.

    `name` begins the names of the jobs, `prefix` the keys of what they read and write.
    """

    kind: Literal["sagemaker"]
    name: str = Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,39}$")
    image: str = Field(min_length=1)
    role_arn: str = Field(min_length=1)
    instance_type: str = Field(min_length=1)
    bucket: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")


class GroupingSettings(SettingsModel):
    """Variable GROUPING: how many clusters there are at most, and what finds them."""

    clusters: int = Field(ge=1)
    trainer: BuiltinTrainerSettings | SageMakerTrainerSettings = Field(
        default=BuiltinTrainerSettings(kind="builtin"), discriminator="kind"
    )
