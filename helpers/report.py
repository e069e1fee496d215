"""What the report printed and drew, to stand beside what a run finds.

Accuracies are fractions. Those of the figures and of the text are six-position
averages, as its program measured them, whatever its text calls them.
"""

LETTERS_LOGISTIC = 0.89
"""Logistic regression, untuned, 20,000 letters."""

MODEL_1_LETTERS = 0.88
"""Two layers on letters (text, Model 1)."""

ONE_LAYER = 0.60
"""A single layer on numbers, left out of Figure 6 (text, Conclusion)."""

FIGURE_3 = {5_000: 0.88, 10_000: 0.92, 25_000: 0.94, 100_000: 0.947}
"""Validation accuracy of seven layers by step, read off the red line."""

FIGURE_3_TEST = 0.953
"""Test accuracy of seven layers after 200,000 steps, the dot of Figure 3."""

FIGURE_6 = {2: 0.893, 3: 0.899, 4: 0.900, 5: 0.925, 6: 0.949, 7: 0.937}
"""Test accuracy by number of layers after 100,000 steps."""

CHECKPOINT = {
    "images": 256,
    "strict": 0.816,
    "six_position": 0.956,
    "digit": 0.901,
    "length": 0.957,
}
"""The report's own weights after 200,000 steps, measured on images 1 to 256 of the
official test set."""

STEPS_PER_SECOND = 4
"""Seven layers, batch 100, on the author's machine: 100,000 steps in 7 hours."""
