"""Dressing a person in one garment after another, and looking at each result before going on."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from runtime.fitting.checks import check_look
from runtime.fitting.garments import layer_of
from runtime.fitting.parameters import MOST_SEED, TryOnParameters
from runtime.fitting.pixels import encode_jpeg, encode_png, open_photo, read_mask
from runtime.fitting.port import Garment, Rendered, RenderRequest, TryOnError, TryOnModel, TryOnRefused
from runtime.fitting.told import Step

LABEL = "Shows the look, not the size."
"""Stands with every picture: what is shown is not measured."""
TRIES = 2
_NEXT_SEED = 7_919  # far from those that a shopper would try next

Report = Callable[[float, Step], None]


@dataclass(frozen=True, slots=True)
class Look:
    """The person in the whole outfit."""

    image: bytes
    """JPEG of the photo's size."""
    mask: bytes | None
    """PNG, L: white was made anew by any garment. None unless the parameters ask for it."""
    notes: tuple[str, ...]
    """What the shopper should know: checks that failed twice, garments that could not be shown."""
    model: str
    seed: int
    cost_usd: float


def order_garments(garments: Sequence[Garment]) -> list[Garment]:
    """As they are put on: trousers, tops, dress, shoes, coat, hat; those of one layer as they came."""
    return sorted(garments, key=lambda garment: layer_of(garment.garment_class))


def dress(
    person: bytes,
    garments: Sequence[Garment],
    parameters: TryOnParameters,
    model: TryOnModel,
    seed: int,
    report: Report,
) -> Look:
    """The person wearing the garments; `report` gets the share that is done, 0..1, and what is being done.

    A result that fails its checks is made once more with another seed; the better one is kept, and `notes`
    says so. Raises a TryOnError, with what was spent until then.
    """
    if not garments:
        raise TryOnRefused("Choose at least one product to try on.")
    photo = encode_png(open_photo(person))
    wearing = _Wearing(photo, parameters, model, seed, report, len(garments))
    for garment in order_garments(garments):
        wearing.put_on(garment)
    report(1.0, Step("finishing"))
    return wearing.look()


class _Wearing:
    """The state of one outfit while it is put on."""

    def __init__(
        self,
        photo: bytes,
        parameters: TryOnParameters,
        model: TryOnModel,
        seed: int,
        report: Report,
        count: int,
    ) -> None:
        self._photo = photo
        self._parameters = parameters
        self._model = model
        self._seed = seed
        self._report = report
        self._count = count
        self._done = 0
        self._mask: np.ndarray | None = None
        self._notes: list[str] = []
        self._cost = 0.0
        self._used_seed = seed

    def put_on(self, garment: Garment) -> None:
        """Have one garment put on over what is worn so far. Raises a TryOnError."""
        request = RenderRequest(
            self._photo, garment, self._parameters_for(garment), self._seed % (MOST_SEED + 1)
        )
        best: tuple[int, Rendered, tuple[str, ...]] | None = None
        for attempt in range(TRIES):
            putting_on = Step("putting-on-again" if attempt else "putting-on", _name(garment))
            self._report((self._done + 0.1 + 0.45 * attempt) / self._count, putting_on)
            rendered = self._render(request)
            checking = Step("checking", _name(garment))
            self._report((self._done + 0.5 + 0.4 * attempt) / self._count, checking)
            faults = check_look(request, rendered)
            if best is None or len(faults) < best[0]:
                best = (len(faults), rendered, faults)
            if not faults:
                break
            seed = (request.seed + _NEXT_SEED) % (MOST_SEED + 1)
            request = RenderRequest(request.person, garment, request.parameters, seed, request.keep)
        assert best is not None  # noqa: S101  (there is at least one try)
        self._keep(best[1], best[2])

    def look(self) -> Look:
        """The outfit as it is now."""
        mask = self._mask if self._parameters.returnMask else None
        return Look(
            image=encode_jpeg(Image.open(io.BytesIO(self._photo)).convert("RGB")),
            mask=None if mask is None else encode_png(Image.fromarray(mask)),
            notes=tuple(dict.fromkeys(self._notes)),
            model=self._model.model_id,
            seed=self._used_seed,
            cost_usd=round(self._cost, 6),
        )

    def _parameters_for(self, garment: Garment) -> TryOnParameters:
        """The class asked for is that of one product: in an outfit each garment has its own."""
        if self._count > 1 and self._parameters.garmentClass is not None:
            return self._parameters.model_copy(update={"garmentClass": None})
        return self._parameters

    def _render(self, request: RenderRequest) -> Rendered:
        try:
            rendered = self._model.render(request)
        except TryOnError as error:
            error.cost_usd += self._cost
            raise
        self._cost += rendered.cost_usd
        return rendered

    def _keep(self, rendered: Rendered, faults: tuple[str, ...]) -> None:
        self._notes.extend(faults)
        self._photo = rendered.image
        self._used_seed = rendered.seed
        mask = read_mask(rendered.mask)
        self._mask = mask if self._mask is None else np.maximum(self._mask, mask)
        self._done += 1


def _name(garment: Garment) -> str:
    if garment.description:
        return garment.description[:60]
    return garment.garment_class.value.lower().replace("_", " ")
