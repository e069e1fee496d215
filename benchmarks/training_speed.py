"""Training speed of the seven-layer network against ways of writing it plainly.

    python benchmarks/training_speed.py

The peers hold the same weights and must give the same logits; then each takes steps of
100 images in turn, in a process of its own with its library's own defaults, and the
medians of the turns are compared:

- our loop: ``helpers.training.runs.train``, the data pipeline included
- plain TensorFlow: the published program with nothing changed but what TensorFlow 2
  asks for; its batches are slices of an array
- PyTorch: the same layers in plain modules, if torch can be imported

Promised: 1.4 times plain TensorFlow and, on the CPU, 3 times PyTorch.
"""

import importlib.util
import multiprocessing
import os
import shutil
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

BATCH, IMAGES, TURNS, STEPS = 100, 5_000, 7, 100
REPORT_STEPS = 200_000
KEEP_RATE, L2_BETA, LEARNING_RATE, DECAY_RATE = 0.8, 0.0005, 0.05, 0.98
DEPTHS, WIDTHS, POSITIONS = (16, 32, 64), (256, 128, 64, 16, 11), 6
PROMISES = {"plain TensorFlow": 1.4, "PyTorch": 3.0}


def random_weights() -> dict[str, np.ndarray]:
    """Weights under the names of the report's checkpoint."""
    random = np.random.default_rng(0)

    def draw(*shape):
        limit = np.sqrt(6 / (np.prod(shape[:-2]) * sum(shape[-2:])))
        return random.uniform(-limit, limit, shape).astype("float32")

    weights = {
        f"conv{layer}_kernel": draw(4, 4, *sizes)
        for layer, sizes in enumerate(pairwise((1, *DEPTHS)), 1)
    }
    for head in range(1, POSITIONS + 1):
        for layer, sizes in enumerate(pairwise(WIDTHS), 1):
            weights[f"head{head}_dense{layer}_kernel"] = draw(*sizes)
            weights[f"head{head}_dense{layer}_bias"] = np.zeros(sizes[1], "float32")
    return weights


def random_crops() -> tuple[np.ndarray, np.ndarray]:
    """Noise for crops, uint8 (N, 32, 32), and labels of one to five digits."""
    random = np.random.default_rng(1)
    crops = random.integers(0, 256, (IMAGES, 32, 32), dtype=np.uint8)
    lengths = random.integers(1, POSITIONS, (IMAGES, 1))
    digits = random.integers(0, 10, (IMAGES, POSITIONS - 1))
    blank = np.arange(1, POSITIONS) > lengths
    labels = np.hstack([lengths, np.where(blank, 10, digits)])
    return crops, labels.astype(np.int32)


def standardised(crops: np.ndarray) -> np.ndarray:
    """Crops as networks take them: float32 (N, 32, 32, 1)."""
    crops = crops.astype("float32")[..., None]
    mean = crops.mean(axis=(1, 2, 3), keepdims=True)
    return (crops - mean) / crops.std(axis=(1, 2, 3), keepdims=True)


def batch_rows(step: int) -> slice:
    start = step * BATCH % IMAGES
    return slice(start, start + BATCH)


class OurLoop:
    """``train`` as a notebook calls it, from its first step."""

    def __init__(self, crops, labels, weights):
        from helpers.training.devices import prepare_process

        prepare_process()
        from helpers.networks import build_network, load_report_weights
        from helpers.recipe import Recipe
        from helpers.training.batches import Examples
        from helpers.training.runs import train

        data = Examples(crops, labels), Examples(crops[:BATCH], labels[:BATCH])
        self.data = dict(zip(("train", "validation"), data, strict=True))
        self.recipe = Recipe(steps=STEPS, validation_interval=STEPS)
        self.train, self.network = train, build_network(7)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.npz"
            np.savez(path, **weights)
            load_report_weights(self.network, path)

    def logits(self, images):
        return np.asarray(self.network(images))

    def seconds(self, steps):
        """Seconds that the steps took, by the clock that every run keeps."""
        with tempfile.TemporaryDirectory() as folder:
            return steps / self.train(self.recipe, self.data, folder).steps_per_second


class PlainTensorFlow:
    """The published program: six heads one after another, one function per step."""

    def __init__(self, crops, labels, weights):
        import tensorflow as tf

        self.tf = tf
        self.images, self.labels, self.done = standardised(crops), labels, 0
        self.weights = {name: tf.Variable(value) for name, value in weights.items()}
        variables = list(self.weights.values())
        rate = tf.keras.optimizers.schedules.ExponentialDecay(
            LEARNING_RATE, REPORT_STEPS, DECAY_RATE
        )
        optimizer = tf.keras.optimizers.SGD(rate)
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits

        @tf.function
        def step(images, labels):
            with tf.GradientTape() as tape:
                logits = self.heads(images, training=True)
                loss = tf.add_n(
                    [
                        tf.reduce_mean(cross_entropy(labels[:, place], logits[place]))
                        for place in range(POSITIONS)
                    ]
                )
                loss += L2_BETA * tf.add_n(
                    [
                        tf.nn.l2_loss(value)
                        for name, value in self.weights.items()
                        if "dense" in name and "kernel" in name
                    ]
                )
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        self.step = step

    def heads(self, x, training=False):
        tf = self.tf
        for layer, depth in enumerate(DEPTHS, 1):
            x = tf.nn.conv2d(x, self.weights[f"conv{layer}_kernel"], 1, "VALID")
            x = tf.nn.relu(x + tf.constant(1.0, shape=[depth]))
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
            x = tf.nn.local_response_normalization(x, 5, 1.0, 0.1, 0.75)
        features = tf.reshape(x, (-1, WIDTHS[0]))
        logits = []
        for head in range(1, POSITIONS + 1):
            x = features
            for layer in range(1, len(WIDTHS)):
                name = f"head{head}_dense{layer}"
                x = x @ self.weights[f"{name}_kernel"] + self.weights[f"{name}_bias"]
                if layer < len(WIDTHS) - 1:
                    x = tf.nn.relu(x)
                    x = tf.nn.dropout(x, 1 - KEEP_RATE) if training else x
            logits.append(x)
        return logits

    def logits(self, images):
        return np.stack(self.heads(images), axis=1)

    def seconds(self, steps):
        began = time.perf_counter()
        for _ in range(steps):
            rows = batch_rows(self.done)
            loss = self.step(self.images[rows], self.labels[rows])
            self.done += 1
        loss.numpy()
        return time.perf_counter() - began


class PyTorch:
    """Plain modules and SGD; torch keeps channels before rows and columns."""

    def __init__(self, crops, labels, weights):
        import torch
        from torch import nn

        self.torch = torch
        device = "cuda" if torch.cuda.is_available() else "cpu"
        # Five neighbours on either side; torch divides alpha by their number, 11.
        lrn = nn.LocalResponseNorm(11, alpha=0.1 * 11, beta=0.75, k=1.0)
        blocks = []
        for channels, depth in pairwise((1, *DEPTHS)):
            pool = nn.MaxPool2d(2, ceil_mode=True)
            blocks += [nn.Conv2d(channels, depth, 4), nn.ReLU(), pool, lrn]
        self.blocks = nn.Sequential(*blocks, nn.Flatten())
        self.heads = nn.ModuleList()
        for _ in range(POSITIONS):
            layers = []
            for sizes in pairwise(WIDTHS):
                layers += [nn.Linear(*sizes), nn.ReLU(), nn.Dropout(1 - KEEP_RATE)]
            self.heads.append(nn.Sequential(*layers[:-2]))
        self.load(weights)
        self.network = nn.ModuleList([self.blocks, self.heads]).to(device)
        self.images = self.tensor(standardised(crops))
        self.labels = torch.from_numpy(labels.astype(np.int64)).to(device)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), LEARNING_RATE, weight_decay=L2_BETA
        )
        self.decay = torch.optim.lr_scheduler.ExponentialLR(
            self.optimizer, DECAY_RATE ** (1 / REPORT_STEPS)
        )
        self.done = 0

    def tensor(self, images):
        images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return self.torch.from_numpy(images).to(next(self.network.parameters()).device)

    def load(self, weights):
        torch = self.torch
        with torch.no_grad():
            for layer, number in enumerate(range(0, 12, 4), 1):
                kernel = weights[f"conv{layer}_kernel"].transpose(3, 2, 0, 1)
                self.blocks[number].weight.copy_(torch.from_numpy(kernel.copy()))
                self.blocks[number].bias.fill_(1.0)
            for head, layers in enumerate(self.heads, 1):
                for layer, linear in enumerate(layers[::3], 1):
                    kernel = weights[f"head{head}_dense{layer}_kernel"]
                    if layer == 1:  # rows in torch's order of the 2x2x64 features
                        kernel = kernel.reshape(2, 2, 64, -1).transpose(2, 0, 1, 3)
                        kernel = kernel.reshape(WIDTHS[0], -1)
                    linear.weight.copy_(torch.from_numpy(kernel.T.copy()))
                    linear.bias.zero_()

    def forward(self, images):
        features = self.blocks(images)
        return self.torch.stack([head(features) for head in self.heads], 1)

    def logits(self, images):
        self.network.eval()
        with self.torch.no_grad():
            logits = self.forward(self.tensor(images)).cpu().numpy()
        self.network.train()
        return logits

    def seconds(self, steps):
        cross_entropy = self.torch.nn.functional.cross_entropy
        began = time.perf_counter()
        for _ in range(steps):
            rows = batch_rows(self.done)
            logits = self.forward(self.images[rows]).transpose(1, 2)
            loss = cross_entropy(logits, self.labels[rows], reduction="sum") / BATCH
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.decay.step()
            self.done += 1
        loss.item()
        return time.perf_counter() - began


PEERS = {"our loop": OurLoop, "plain TensorFlow": PlainTensorFlow, "PyTorch": PyTorch}


def work(name: str, on_gpu: bool, pipe) -> None:
    """In a process of its own: answer (method, argument) until None comes."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if not on_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # progress bars, library chatter
    peer = PEERS[name](*random_crops(), random_weights())
    while (asked := pipe.recv()) is not None:
        method, argument = asked
        pipe.send(getattr(peer, method)(argument))


def compare(place: str, names: list[str]) -> None:
    """Print how long a step of each takes."""
    context, pipes = multiprocessing.get_context("spawn"), {}
    for name in names:
        pipes[name], theirs = context.Pipe()
        arguments = (name, place == "GPU", theirs)
        context.Process(target=work, args=arguments, daemon=True).start()

    def ask(name, *asked):
        pipes[name].send(asked)
        return pipes[name].recv()

    images = standardised(random_crops()[0][:BATCH])
    logits = {name: ask(name, "logits", images) for name in names}
    for name, values in logits.items():
        difference = np.abs(values - logits["our loop"]).max()
        assert difference < 1e-4, f"{name}: logits differ from ours by {difference}"
    turns = {name: [] for name in names}
    for turn in range(TURNS + 1):  # the first traces and warms up
        for name in names:
            seconds = ask(name, "seconds", STEPS) / STEPS
            turns[name] += [seconds] if turn else []
    for pipe in pipes.values():
        pipe.send(None)

    ours = np.median(turns["our loop"])
    print(f"\n{place}, {os.cpu_count()} cores, batch {BATCH}, medians of {TURNS} turns")
    print("the same weights give the same logits, to 1e-4")
    for name, seconds in turns.items():
        ratio, promised = np.median(seconds) / ours, PROMISES.get(name)
        low, middle, high = np.quantile(seconds, (0, 0.5, 1)) * 1e3
        line = f"{name:18}{middle:7.2f} ms a step ({low:.2f} to {high:.2f}), our loop "
        line += f"is {ratio:.2f} times as fast"
        if promised and (place, name) != ("GPU", "PyTorch"):
            kept = "kept" if ratio >= promised else "NOT KEPT"
            line += f" (promised {promised}: {kept})"
        print(line)
    hours = REPORT_STEPS * ours / 3600
    print(f"{REPORT_STEPS:,} steps take {hours:.2f} hours; the report's took about 14")


def main() -> None:
    names = list(PEERS)
    if importlib.util.find_spec("torch") is None:
        names.remove("PyTorch")
        print("PyTorch: torch cannot be imported, so that it is left out")
    for place in ("CPU", "GPU") if shutil.which("nvidia-smi") else ("CPU",):
        compare(place, names)


if __name__ == "__main__":
    main()
