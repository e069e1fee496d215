"""How a training run is seen and stopped while it goes on: here, by a bar."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm


class Progress:
    """A progress bar with the loss, the accuracies and the time left.

    A subclass shows the same elsewhere. Setting ``stop``, from any thread, ends the
    training after the steps at hand; what was trained is kept.
    """

    def __init__(self):
        self.stop = threading.Event()

    @contextmanager
    def shown(self, name: str, done: int, steps: int) -> Iterator[None]:
        """Show a run of ``steps`` steps, ``done`` of them before, while it lasts."""
        with tqdm(total=steps, initial=done, desc=name, unit="step") as self.bar:
            yield

    def advance(self, count: int, loss: float, scores: dict[str, float]) -> None:
        """Take note of ``count`` more steps, their mean loss and the latest scores."""
        accuracies = {name: f"{score:.1%}" for name, score in scores.items()}
        self.bar.set_postfix(loss=f"{loss:.3f}", **accuracies, refresh=False)
        self.bar.update(count)

    def row(self, row: dict[str, float]) -> None:
        """Take note of a new row of the training history."""
