"""A reader's network made to see wider crops."""

import keras
import numpy as np


def stretch_network(network: keras.Model, width: int) -> keras.Model:
    """Copy a reader's network for crops ``width`` pixels wide, with what it knows.

    Convolutions stay as they are. The hidden layer's weights, a set for each place of
    the crop, are mixed from those of the two nearest columns.
    """
    inputs = keras.Input((network.input_shape[1], width, 1), name="crops")
    wider = keras.models.clone_model(network, input_tensors=inputs)
    before, after = (one.get_layer("flatten").input.shape for one in (network, wider))
    pairs = zip(network.get_weights(), wider.get_weights(), strict=True)
    wider.set_weights(
        [
            old
            if old.shape == new.shape
            else _stretch(old.reshape(*before[1:], -1), after[2]).reshape(new.shape)
            for old, new in pairs
        ]
    )
    return wider


def _stretch(weights: np.ndarray, columns: int) -> np.ndarray:
    """Weights (rows, old columns, ...) for ``columns``, of the same sum."""
    old = weights.shape[1]
    at = np.clip((np.arange(columns) + 0.5) * old / columns - 0.5, 0, old - 1)
    low = np.minimum(at.astype(int), max(old - 2, 0))
    share = (at - low)[:, None, None]
    high = np.minimum(low + 1, old - 1)
    mixed = (1 - share) * weights[:, low] + share * weights[:, high]
    return mixed * (old / columns)
