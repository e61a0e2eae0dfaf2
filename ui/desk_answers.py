"""What the API answers to people of the shop who look after its catalogue, and what it is asked by them."""

from typing import Literal

from pydantic import AwareDatetime

from ui.bodies import Answer, Asked

FEATURE = "desk"
GROUP = "merchandiser"
MOST_FILES = 50
"""As many files as the API takes in one request."""

FileStatus = Literal["waiting", "indexed", "refused", "missing"]


class NewFile(Asked):
    """A file that is going to be sent; `bytes` is its size."""

    name: str
    category: str | None = None
    content_type: str
    bytes: int


class UploadForm(Answer):
    """Where a file is sent to: the form of a presigned POST, and the file's key from now on."""

    key: str
    url: str
    fields: dict[str, str]
    expires_at: AwareDatetime | None = None


class UploadForms(Answer):
    """One form for each file, in their order."""

    uploads: tuple[UploadForm, ...] = ()


class Reason(Answer):
    """Why something was refused; `row` and `column` are of a CSV file, whose header is row 1."""

    reason: str = ""
    row: int | None = None
    column: str | None = None


class CatalogFile(Answer):
    """What became of a file; `reasons` are the first of `refusals`."""

    key: str
    status: FileStatus = "waiting"
    product_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    refusals: int = 0
    rows_changed: int | None = None
    settled_at: AwareDatetime | None = None


class CatalogFiles(Answer):
    """What became of files."""

    files: tuple[CatalogFile, ...] = ()


class Queue(Answer):
    """How much waits to be taken in and how much is in work, about."""

    waiting: int = 0
    in_work: int = 0


class ProductCount(Answer):
    """How many products the shop shows; at least so many, unless `is_all`."""

    count: int = 0
    is_all: bool = True


class Snapshot(Answer):
    """When the search index was last written, and what it holds."""

    written_at: AwareDatetime | None = None
    vectors: int = 0
    bytes: int = 0
    model: str = ""
    dimensions: int = 0


class Clusters(Answer):
    """The groups of products that look alike."""

    made_at: AwareDatetime | None = None
    count: int = 0
    products: int = 0
    is_assigned: bool = False
    running: bool = False


class CatalogStatus(Answer):
    """In what state the catalogue is."""

    queue: Queue = Queue()
    dead_letters: int = 0
    products: ProductCount = ProductCount()
    vector_backend: str | None = None
    snapshot: Snapshot | None = None
    clusters: Clusters = Clusters()

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return bool(self.queue.waiting or self.queue.in_work or self.clusters.running)


class DeadLetter(Answer):
    """Something that could not be taken in; what broke off has no reason."""

    id: str
    key: str = ""
    kind: str | None = None
    reason: str | None = None
    row: int | None = None
    column: str | None = None
    attempts: int | None = None
    since: AwareDatetime | None = None


class DeadLetterPage(Answer):
    """Some dead letters, oldest first; `cursor` asks for more. `is_whole` unless others hold some."""

    dead_letters: tuple[DeadLetter, ...] = ()
    count: int = 0
    is_whole: bool = True
    cursor: str | None = None


class Retried(Answer):
    """How many letters are tried again, and which were not found any more."""

    retried: int = 0
    missing: tuple[str, ...] = ()


class LetterDeleted(Answer):
    """The letter that is gone."""

    deleted: str = ""


class Started(Answer):
    """Something has begun."""

    status: str = "started"
