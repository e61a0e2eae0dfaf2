"""Opens the trainer that the settings name."""

from collections.abc import Callable
from typing import Any

from runtime.clusters.trainer import BuiltinTrainer, BuiltinTrainerSettings, GroupingSettings, Trainer


def open_trainer(settings: GroupingSettings, embedding_key: str, get_client: Callable[[str], Any]) -> Trainer:
    """The trainer that the settings name, for vectors of the space `embedding_key`."""
    if isinstance(settings.trainer, BuiltinTrainerSettings):
        return BuiltinTrainer()
    from runtime.clusters.sagemaker import SageMakerTrainer  # only who uses it loads it

    return SageMakerTrainer(get_client("sagemaker"), get_client("s3"), settings.trainer, embedding_key)
