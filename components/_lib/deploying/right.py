"""One kind of right: what a type of resource takes to be read, and to be made, changed and removed."""

from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """What becomes one managed policy: IAM takes 6,144 characters of each."""

    ACCESS = "access"
    API = "api"
    COMPUTE = "compute"
    DATA = "data"
    EVENTS = "events"
    MODELS = "models"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """One statement for reading and one for changing. Names of actions are without the service.

    In `resources`, `{region}` and `{account}` are those of the stack, `{project}` begins the names that the
    program gives, and `{name}` stands for each of `names`: what autonamed resources are called begins with
    the name of the component that they are in.
    """

    service: str
    area: Area
    types: tuple[str, ...]
    read: tuple[str, ...]
    change: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...] = ()
    why_all: str = ""
    """Why `resources` cannot be narrower than `*`."""
    same_project: str = ""
    """Condition key by which resources must carry the tag `project`; none where the service has no such."""
    bounded: bool = False
    """Whether it is for roles under the permissions boundary only."""


def name_arn(service: str, tail: str) -> str:
    """An ARN of the stack, with its region and account left open."""
    return f"arn:aws:{service}:{{region}}:{{account}}:{tail}"


def name_types(module: str, *names: str) -> tuple[str, ...]:
    """Pulumi's names of the types of one module."""
    return tuple(f"aws:{module}/{name[0].lower()}{name[1:]}:{name}" for name in names)


TAGS = ("TagResource", "UntagResource")
NO_NAMES = "the service makes the ids of what is made, so there is no name to go by"
