"""How a training run is seen and stopped: a bar, a button, TensorBoard."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
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


@contextmanager
def tensorboard(folder: Path, history: list[dict]) -> Iterator[Callable[[dict], None]]:
    """Give a function that shows a row in TensorBoard, below those of ``history``."""
    for events in folder.glob("events.out.tfevents.*"):
        events.unlink()  # a killed run may have shown rows that now come again
    with _explain_events(folder):
        writer = tf.summary.create_file_writer(str(folder))

    def show(row: dict) -> None:
        with writer.as_default(step=row["step"]):
            for name in row.keys() - {"step", "seconds"}:
                tf.summary.scalar(name, row[name])
        with _explain_events(folder):
            writer.flush()

    for row in history:
        show(row)
    try:
        yield show
    finally:
        writer.close()


@contextmanager
def _explain_events(folder: Path) -> Iterator[None]:
    """Say what to do when TensorFlow cannot write TensorBoard's events."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = error.message.partition("\n")[0].rpartition("}} ")[2]
        raise OSError(
            f"{folder}: TensorBoard's events could not be written ({reason}). Make "
            "room, and train again: the run goes on from its checkpoint."
        ) from error
