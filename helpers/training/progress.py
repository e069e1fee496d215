"""How a training run is seen and stopped: a bar and a button."""

import signal
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


@contextmanager
def stop_button(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set ``stop``; the second interrupts as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread is ever interrupted
        return

    def ask(number, frame):
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
