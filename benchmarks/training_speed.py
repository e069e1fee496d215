"""Training speed of the seven-layer network against three ways of writing it plainly.

    python benchmarks/training_speed.py

The peers hold the same weights and must give the same logits; then each takes steps of
100 images in turn, in a process of its own with its library's own defaults, and the
medians of the turns are compared:

- our loop: ``helpers.training.runs.train``, the data pipeline included
- plain TensorFlow: the published program with nothing changed but what TensorFlow 2
  asks for; its batches are slices of an array
- plain Keras: stock layers and ``fit``
- PyTorch: the same layers in plain modules, if torch can be imported

Promised: 1.4 times plain TensorFlow and, on the CPU, 3 times PyTorch.
"""

import importlib.util
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np

BATCH = 100
IMAGES = 5_000
TURNS = 7
STEPS = 100
REPORT_STEPS = 200_000
KEEP_RATE, L2_BETA, LEARNING_RATE, DECAY_RATE = 0.8, 0.0005, 0.05, 0.98
DEPTHS, WIDTHS = (16, 32, 64), (256, 128, 64, 16, 11)
POSITIONS = 6
PROMISES = {"plain TensorFlow": 1.4, "PyTorch": 3.0}


def random_weights() -> dict[str, np.ndarray]:
    """Xavier weights under the names of the report's checkpoint."""
    random = np.random.default_rng(0)

    def xavier(*shape):
        area = math.prod(shape[:-2])
        limit = math.sqrt(6 / (area * (shape[-2] + shape[-1])))
        return random.uniform(-limit, limit, shape).astype("float32")

    weights = {
        f"conv{layer}_kernel": xavier(4, 4, channels, depth)
        for layer, (channels, depth) in enumerate(pairwise((1, *DEPTHS)), 1)
    }
    for head in range(1, POSITIONS + 1):
        for layer, (width, units) in enumerate(pairwise(WIDTHS), 1):
            weights[f"head{head}_dense{layer}_kernel"] = xavier(width, units)
            weights[f"head{head}_dense{layer}_bias"] = np.zeros(units, "float32")
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


class OurLoop:
    """``train`` as a notebook calls it, from its first step."""

    def __init__(self, crops, labels, weights):
        from helpers.networks import build_network, load_report_weights
        from helpers.recipe import Recipe
        from helpers.training.batches import Examples
        from helpers.training.devices import prepare_process
        from helpers.training.runs import train

        prepare_process()

        self.train = train

        self.data = {
            "train": Examples(crops, labels),
            "validation": Examples(crops[:BATCH], labels[:BATCH]),
        }
        self.recipe = Recipe(steps=STEPS, validation_interval=STEPS)
        self.network = build_network(7)
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

    def flops(self):
        """Multiplications and additions of one step, in the products alone."""
        from helpers.networks import PositionDense

        forward = []
        for layer in self.network.layers:
            if isinstance(layer, PositionDense):
                forward.append(2 * math.prod(layer.kernel.shape))
            elif layer.name.startswith("conv"):
                pixels = math.prod(layer.output.shape[1:3])
                forward.append(2 * pixels * math.prod(layer.kernel.shape))
        # Backward, a product for the kernel and one for the input, but for the images.
        return BATCH * (3 * sum(forward) - forward[0])

    def milliseconds_by_layer(self, steps):
        """Time of each kind of operation per step, added over the cores."""
        import tensorflow as tf
        from tensorflow.tsl.profiler.protobuf import xplane_pb2

        self.seconds(steps)
        with tempfile.TemporaryDirectory() as folder:
            with tf.profiler.experimental.Profile(folder):
                self.seconds(steps)
            (path,) = Path(folder).rglob("*.xplane.pb")
            space = xplane_pb2.XSpace.FromString(path.read_bytes())
        spent = defaultdict(float)
        for plane in space.planes:
            for line in plane.lines:
                for event in line.events:
                    name = plane.event_metadata[event.metadata_id].name
                    spent[kind(name)] += event.duration_ps / 1e9 / steps
        spent.pop(None, None)
        return dict(spent)


def kind(operation: str) -> str | None:
    """What a profiled operation, "scope/name:Type", is for."""
    scope, colon, _ = operation.rpartition(":")
    if not colon or "::" in operation or "__inference" in operation:
        return None  # holds other operations
    for layer in ("conv", "pool", "relu", "lrn", "dropout", "dense", "logits"):
        if f"/{layer}" in scope:
            return "dense" if layer == "logits" else layer
    return "other"


class PlainTensorFlow:
    """The published program: six heads one after another, one function per step."""

    def __init__(self, crops, labels, weights):
        import tensorflow as tf

        self.images, self.labels = standardised(crops), labels
        self.done = 0
        self.weights = {name: tf.Variable(value) for name, value in weights.items()}
        variables = list(self.weights.values())
        rate = tf.keras.optimizers.schedules.ExponentialDecay(
            LEARNING_RATE, REPORT_STEPS, DECAY_RATE
        )
        optimizer = tf.keras.optimizers.SGD(rate)

        @tf.function
        def step(images, labels):
            with tf.GradientTape() as tape:
                logits = self.heads(images, training=True)
                loss = tf.add_n(
                    [
                        tf.reduce_mean(
                            tf.nn.sparse_softmax_cross_entropy_with_logits(
                                labels[:, position], logits[position]
                            )
                        )
                        for position in range(POSITIONS)
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

    def heads(self, images, training=False):
        import tensorflow as tf

        x = images
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
            start = self.done * BATCH % IMAGES
            rows = slice(start, start + BATCH)
            loss = self.step(self.images[rows], self.labels[rows])
            self.done += 1
        loss.numpy()
        return time.perf_counter() - began


class PlainKeras:
    """Stock layers, one output for all heads, ``compile`` and ``fit``."""

    def __init__(self, crops, labels, weights):
        import keras
        import tensorflow as tf

        self.images, self.labels = standardised(crops), labels
        inputs = keras.Input((32, 32, 1))
        x = inputs
        for layer, depth in enumerate(DEPTHS, 1):
            x = keras.layers.Conv2D(
                depth,
                4,
                activation="relu",
                bias_initializer="ones",
                name=f"conv{layer}",
            )(x)
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
            x = keras.layers.Lambda(
                lambda x: tf.nn.local_response_normalization(x, 5, 1.0, 0.1, 0.75)
            )(x)
        features = keras.layers.Flatten()(x)
        heads = []
        for head in range(1, POSITIONS + 1):
            x = features
            for layer, units in enumerate(WIDTHS[1:], 1):
                hidden = layer < len(WIDTHS) - 1
                x = keras.layers.Dense(
                    units,
                    activation="relu" if hidden else None,
                    kernel_regularizer=keras.regularizers.L2(L2_BETA / 2),
                    name=f"head{head}_dense{layer}",
                )(x)
                x = keras.layers.Dropout(1 - KEEP_RATE)(x) if hidden else x
            heads.append(keras.layers.Reshape((1, WIDTHS[-1]))(x))
        outputs = keras.layers.Concatenate(axis=1)(heads)
        self.network = keras.Model(inputs, outputs)
        for layer in self.network.layers:
            if f"{layer.name}_kernel" in weights:
                layer.kernel.assign(weights[f"{layer.name}_kernel"])
        rate = keras.optimizers.schedules.ExponentialDecay(
            LEARNING_RATE, REPORT_STEPS, DECAY_RATE
        )

        def sum_over_positions(labels, logits):
            return POSITIONS * keras.losses.sparse_categorical_crossentropy(
                labels, logits, from_logits=True
            )

        self.network.compile(keras.optimizers.SGD(rate), loss=sum_over_positions)

    def logits(self, images):
        return np.asarray(self.network(images))

    def seconds(self, steps):
        began = time.perf_counter()
        rows = slice(0, steps * BATCH)
        self.network.fit(
            self.images[rows], self.labels[rows], batch_size=BATCH, verbose=0
        )
        return time.perf_counter() - began


class PyTorch:
    """Plain modules and SGD; torch keeps channels before rows and columns."""

    def __init__(self, crops, labels, weights):
        import torch
        from torch import nn

        self.torch = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        # Five neighbours on either side; torch divides alpha by their number, 11.
        lrn = nn.LocalResponseNorm(11, alpha=0.1 * 11, beta=0.75, k=1.0)
        blocks = []
        for channels, depth in pairwise((1, *DEPTHS)):
            pool = nn.MaxPool2d(2, ceil_mode=True)
            blocks += [nn.Conv2d(channels, depth, 4), nn.ReLU(), pool, lrn]
        self.blocks = nn.Sequential(*blocks, nn.Flatten()).to(self.device)
        self.heads = nn.ModuleList()
        for _ in range(POSITIONS):
            layers = []
            for width, units in pairwise(WIDTHS):
                dropout = nn.Dropout(1 - KEEP_RATE)
                layers += [nn.Linear(width, units), nn.ReLU(), dropout]
            self.heads.append(nn.Sequential(*layers[:-2]))
        self.heads.to(self.device)
        self.load(weights)
        images = np.ascontiguousarray(standardised(crops).transpose(0, 3, 1, 2))
        self.images = torch.from_numpy(images).to(self.device)
        self.labels = torch.from_numpy(labels.astype(np.int64)).to(self.device)
        parameters = [*self.blocks.parameters(), *self.heads.parameters()]
        self.optimizer = torch.optim.SGD(
            parameters, LEARNING_RATE, weight_decay=L2_BETA
        )
        self.decay = torch.optim.lr_scheduler.ExponentialLR(
            self.optimizer, DECAY_RATE ** (1 / REPORT_STEPS)
        )
        self.done = 0

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
        images = self.torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
        self.heads.eval()
        with self.torch.no_grad():
            logits = self.forward(images.to(self.device)).cpu().numpy()
        self.heads.train()
        return logits

    def seconds(self, steps):
        cross_entropy = self.torch.nn.functional.cross_entropy
        began = time.perf_counter()
        for _ in range(steps):
            start = self.done * BATCH % IMAGES
            rows = slice(start, start + BATCH)
            logits = self.forward(self.images[rows]).transpose(1, 2)
            loss = cross_entropy(logits, self.labels[rows], reduction="sum") / BATCH
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.decay.step()
            self.done += 1
        loss.item()
        return time.perf_counter() - began


class MatrixProduct:
    """The machine's own peak: products of two 2048 x 2048 float32 matrices."""

    SIDE = 2048

    def __init__(self, crops, labels, weights):
        import tensorflow as tf

        self.matrix = tf.random.normal((self.SIDE, self.SIDE))
        self.product = tf.function(tf.matmul)

    def seconds(self, steps):
        began = time.perf_counter()
        self.product(self.matrix, self.matrix).numpy()
        return time.perf_counter() - began


CONTESTANTS = {
    "our loop": OurLoop,
    "plain TensorFlow": PlainTensorFlow,
    "plain Keras fit": PlainKeras,
    "PyTorch": PyTorch,
    "matrix product": MatrixProduct,
}


def work(name: str, on_gpu: bool, pipe) -> None:
    """In a process of its own: answer the asker's (method, arguments) until None."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if not on_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    if not sys.flags.dev_mode:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # progress bars, library chatter
    crops, labels = random_crops()
    contestant = CONTESTANTS[name](crops, labels, random_weights())
    pipe.send("ready")
    while (asked := pipe.recv()) is not None:
        method, *arguments = asked
        pipe.send(getattr(contestant, method)(*arguments))


class Contestant:
    """A process that holds one implementation."""

    def __init__(self, name: str, on_gpu: bool):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(name, on_gpu, theirs))
        self.process.start()
        theirs.close()
        self.pipe.recv()
        self.turns = []

    def ask(self, *asked):
        self.pipe.send(asked)
        return self.pipe.recv()

    def take_turn(self):
        self.turns.append(self.ask("seconds", STEPS) / STEPS)

    def end(self):
        self.pipe.send(None)
        self.process.join()


def main() -> None:
    names = list(CONTESTANTS)
    if importlib.util.find_spec("torch") is None:
        names.remove("PyTorch")
        print("PyTorch: torch cannot be imported, so that it is left out")
    places = [("CPU", False)]
    if shutil.which("nvidia-smi"):
        places.append(("GPU", True))
    for place, on_gpu in places:
        contestants = {name: Contestant(name, on_gpu) for name in names}
        try:
            compare(place, contestants)
        finally:
            for contestant in contestants.values():
                contestant.end()


def compare(place: str, contestants: dict[str, Contestant]) -> None:
    images = standardised(random_crops()[0][:BATCH])
    peak = contestants.pop("matrix product")
    logits = {name: each.ask("logits", images) for name, each in contestants.items()}
    for name, values in logits.items():
        difference = np.abs(values - logits["our loop"]).max()
        assert difference < 1e-4, f"{name}: logits differ from ours by {difference}"

    for contestant in contestants.values():
        contestant.ask("seconds", STEPS)  # traced, and warm
    for _ in range(TURNS):
        for contestant in (*contestants.values(), peak):
            contestant.take_turn()

    ours = np.median(contestants["our loop"].turns)
    cores = os.cpu_count()
    print(f"\n{place}, {cores} cores, batch {BATCH}, medians of {TURNS} turns")
    print("the same weights give the same logits, to 1e-4")
    for name, contestant in contestants.items():
        turns = np.multiply(contestant.turns, 1e3)
        ratio = np.median(contestant.turns) / ours
        print(
            f"{name:18}{np.median(turns):7.2f} ms a step "
            f"({turns.min():.2f} to {turns.max():.2f}), our loop is {ratio:.2f} times "
            f"as fast{promise(place, name, ratio)}"
        )
    print(
        f"{REPORT_STEPS:,} steps take {REPORT_STEPS * ours / 3600:.2f} hours; the "
        "report's machine took about 14"
    )

    flops = contestants["our loop"].ask("flops")
    # One product in a turn, so that its time is STEPS times what take_turn noted.
    reached = 2 * MatrixProduct.SIDE**3 / (np.median(peak.turns) * STEPS)
    print(
        f"{flops / 1e9:.2f} GFLOP a step: {flops / ours / 1e9:.0f} GFLOP/s, "
        f"{flops / ours / reached:.0%} of the {reached / 1e9:.0f} GFLOP/s of a product "
        f"of two {MatrixProduct.SIDE} x {MatrixProduct.SIDE} matrices"
    )

    spent = contestants["our loop"].ask("milliseconds_by_layer", STEPS)
    print("where the time of our loop goes, added over the cores:")
    for group, milliseconds in sorted(spent.items(), key=lambda item: -item[1]):
        share = milliseconds / sum(spent.values())
        print(f"  {group:22}{milliseconds:6.2f} ms {share:5.0%}")


def promise(place: str, name: str, ratio: float) -> str:
    """What was promised of this ratio, and whether it was kept."""
    if name not in PROMISES or (place, name) == ("GPU", "PyTorch"):
        return ""
    kept = "kept" if ratio >= PROMISES[name] else "NOT KEPT"
    return f" (promised {PROMISES[name]}: {kept})"


if __name__ == "__main__":
    main()
