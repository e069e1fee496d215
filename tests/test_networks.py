import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.networks import (
    POSITION_NAMES,
    LocalResponseNormalization,
    build_network,
    copy_weights,
    dense_kernels,
    load_report_weights,
)


@pytest.fixture
def random():
    return np.random.default_rng(7)


@pytest.fixture
def crops(random):
    return random.standard_normal((3, 32, 32, 1)).astype("float32")


@pytest.fixture
def report_arrays(random):
    """Arrays named and shaped as those of the report's checkpoint."""
    shapes = {"conv1": (4, 4, 1, 16), "conv2": (4, 4, 16, 32), "conv3": (4, 4, 32, 64)}
    shapes = {f"{name}_kernel": shape for name, shape in shapes.items()}
    widths = (256, 128, 64, 16, 11)
    for head in range(1, 7):
        for layer in range(1, 5):
            name = f"head{head}_dense{layer}"
            shapes[f"{name}_kernel"] = widths[layer - 1 : layer + 1]
            shapes[f"{name}_bias"] = widths[layer : layer + 1]
    return {
        name: (0.1 * random.standard_normal(shape)).astype("float32")
        for name, shape in shapes.items()
    }


def published_logits(arrays, crops):
    """The published program's network, in plain TensorFlow."""
    x = crops
    for layer in (1, 2, 3):
        x = tf.nn.relu(tf.nn.conv2d(x, arrays[f"conv{layer}_kernel"], 1, "VALID") + 1)
        x = tf.nn.max_pool2d(x, 2, 2, "SAME")
        x = tf.nn.local_response_normalization(x, 5, 1.0, 0.1, 0.75)
    features = tf.reshape(x, (len(crops), -1))
    heads = []
    for head in range(1, 7):
        x = features
        for layer in (1, 2, 3, 4):
            name = f"head{head}_dense{layer}"
            x = x @ arrays[f"{name}_kernel"] + arrays[f"{name}_bias"]
            x = tf.nn.relu(x) if layer < 4 else x
        heads.append(x)
    return np.stack(heads, axis=1)


@pytest.mark.parametrize("layers", range(1, 8))
def test_fewer_layers_leave_out_convolutions_then_hidden_layers(layers, crops):
    network = build_network(layers)
    convolutions = (x for x in network.layers if isinstance(x, keras.layers.Conv2D))
    assert [x.filters for x in convolutions] == [16, 32, 64][7 - layers :]
    units = [kernel.shape[-1] for kernel in dense_kernels(network)]
    assert units == [*[128, 64, 16][: layers - 1], 11]
    assert network(crops).shape == (3, 6, 11)


@pytest.mark.parametrize(("layers", "units"), [(1, 128), (2, 64), (3, 16), (4, 11)])
def test_published_shallow_networks_end_in_relu(layers, units, crops):
    logits = build_network(layers, relu_outputs=True, seed=1)(crops).numpy()
    assert logits.shape == (3, 6, units)
    assert (logits.min() >= 0) == (layers < 4)


def test_crops_too_small_are_refused():
    with pytest.raises(ValueError, match="crop_size is 16; expected more"):
        build_network(7, crop_size=16)


def test_same_seed_same_weights_and_dropout(crops):
    first, again, other = (build_network(5, seed=seed) for seed in (3, 3, 4))
    for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
    outputs = (network(crops, training=True) for network in (first, again))
    np.testing.assert_array_equal(*outputs)


def test_positions_start_from_weights_of_their_own_by_xavier_s_rule_for_one():
    kernel = build_network(1, seed=3).get_layer("logits").kernel.numpy()
    limit = np.sqrt(6 / (1024 + 11))
    assert np.abs(kernel).max() == pytest.approx(limit, rel=0.01)
    assert len(np.unique(kernel[:, 0, 0])) == 6


@pytest.mark.parametrize("trained", [True, False])
def test_convolution_biases_are_trained_or_kept(trained):
    network = build_network(7, train_conv_bias=trained)
    trainable = {weight.path for weight in network.trainable_weights}
    shifts = {network.get_layer(f"relu{number}").shift.path for number in (1, 2, 3)}
    assert shifts & trainable == (shifts if trained else set())


def test_lrn_is_tensorflows(random):
    x = random.standard_normal((2, 5, 5, 16)).astype("float32")
    expected = tf.nn.local_response_normalization(x, 2, 2.0, 0.5, 0.6)
    found = LocalResponseNormalization(2, 2.0, 0.5, 0.6)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("layers", [5, 7])
def test_without_pools_the_convolutions_leave_as_many_outputs(layers):
    pooled, strided = build_network(layers), build_network(layers, pooling=False)
    assert not any(layer.name.startswith("pool") for layer in strided.layers)
    assert [w.shape for w in strided.weights] == [w.shape for w in pooled.weights]


def test_first_weights_have_the_deviation_asked_for():
    network = build_network(7, initial_deviation=0.05, seed=1)
    convolution = network.get_layer("conv3").kernel
    for kernel in (convolution, *dense_kernels(network)):
        assert np.abs(kernel).max() <= 0.1
        # A normal distribution cut at two deviations keeps 0.88 of its own.
        assert np.std(kernel) == pytest.approx(0.88 * 0.05, rel=0.05)


@pytest.mark.parametrize("layers", [3, 7])
def test_saved_and_read_again(layers, crops, tmp_path):
    network = build_network(layers, train_conv_bias=False, seed=3)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(again(crops), network(crops))
    assert len(again.trainable_variables) == len(network.trainable_variables)


@pytest.mark.parametrize("convolutions", [0, 3])
def test_plainly_built_network_gives_the_same_logits(crops, convolutions):
    inputs = x = keras.Input((32, 32, 1))
    for number, depth in list(enumerate((16, 32, 64), 1))[:convolutions]:
        convolution = keras.layers.Conv2D(
            depth, 4, activation="relu", bias_initializer="normal", name=f"conv{number}"
        )
        x = keras.layers.MaxPooling2D(2, padding="same")(convolution(x))
        x = LocalResponseNormalization()(x)
    pixels, heads = keras.layers.Flatten()(x), []
    for position in POSITION_NAMES:
        hidden = pixels
        for number, width in enumerate((128, 64, 16), 1):
            layer = keras.layers.Dense(width, "relu", name=f"{position}_dense{number}")
            hidden = layer(hidden)
        heads.append(keras.layers.Dense(11, name=f"{position}_logits")(hidden))
    plain = keras.Model(inputs, keras.ops.stack(heads, axis=1))
    network = build_network(4 + convolutions)
    copy_weights(plain, network)
    assert network.count_params() == plain.count_params()
    np.testing.assert_allclose(network(crops), plain(crops), atol=1e-5)


def test_report_weights_give_the_published_programs_logits(
    report_arrays, crops, tmp_path
):
    np.savez(tmp_path / "weights.npz", **report_arrays)
    network = build_network(7, conv_bias=0.0)  # the published biases stay 1
    load_report_weights(network, tmp_path / "weights.npz")
    expected = published_logits(report_arrays, crops)
    np.testing.assert_allclose(network(crops), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("layers", "change", "message"),
    [
        (7, {"head6_dense4_bias": None}, "head6_dense4_bias is absent"),
        (7, {"conv1_kernel": np.zeros((5, 5, 1, 16))}, r"conv1_kernel is float64 \(5,"),
        (7, {"conv2_kernel": np.full((4, 4, 16, 32), "a")}, "conv2_kernel is <U1"),
        (7, {"conv3_kernel": np.full((4, 4, 32, 64), np.nan)}, "is not finite"),
        (7, {"head1_dense1_bias": np.array([None])}, "damaged"),
        (3, {}, r"head1_dense1_kernel is float32 \(256, 128\); expected"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    report_arrays, tmp_path, layers, change, message
):
    path = tmp_path / "weights.npz"
    arrays = {k: v for k, v in (report_arrays | change).items() if v is not None}
    np.savez(path, **arrays)
    network = build_network(layers, seed=3)
    before = network.get_weights()
    with pytest.raises(ValueError, match=message):
        load_report_weights(network, path)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
