"""Pictures of a search: its trials as they came, and what its parameters did."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import optuna
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from optuna.importance import FanovaImportanceEvaluator
from optuna.visualization import matplotlib as plots

SLICES = 5
"""Panels in a row of slices."""


def trials_figure(table: pd.DataFrame) -> Figure:
    """Strict accuracy of each trial on validation, and the best so far.

    Parameters
    ----------
    table
        A `workshop.studies.search.study_table`; it may have no row.
    """
    figure = Figure(figsize=(8, 3.4), layout="tight")  # no pyplot: a thread may draw
    axis = figure.subplots()
    whole, given_up = (table[table["state"] == s] for s in ("complete", "pruned"))
    axis.plot(given_up.index, given_up["strict"], "x", color="0.6", label="given up")
    axis.plot(whole.index, whole["strict"], "o", color="C0", label="trained to the end")
    if len(whole):
        best = whole["strict"].cummax()
        axis.step(whole.index, best, "C3", where="post", label="best so far")
    if 0 in whole.index:
        axis.axhline(whole["strict"][0], color="k", ls=":", label="Table 4")
    axis.set(xlabel="trial", ylabel="strict, on validation", ylim=(0, 1))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return figure


def importance_figure(study: optuna.Study, seed: int = 2016) -> Figure:
    """How much of the trials' differences each parameter explains, by fANOVA.

    Raises
    ------
    ValueError
        Fewer than two trials have ended that differ in accuracy.
    """
    values = [t.value for t in study.get_trials(deepcopy=False) if t.value is not None]
    if len(set(values)) < 2:
        raise ValueError(
            f"the study has {len(values)} trials trained to the end, of "
            f"{len(set(values))} accuracies; expected two or more. Search on."
        )
    with plt.rc_context(), _quiet():
        axis = plots.plot_param_importances(
            study, evaluator=FanovaImportanceEvaluator(seed=seed)
        )
    figure = axis.figure
    figure.set_size_inches(7, 3.6)
    axis.set_title("", loc="left")
    axis.set_xlabel("share of the differences explained (fANOVA)", fontsize=9)
    axis.set_ylabel("")
    axis.get_legend().remove()
    figure.set_layout_engine("tight")
    return figure


def slice_figure(study: optuna.Study) -> Figure:
    """Accuracy against each parameter, a panel each, the later trials the darker."""
    with plt.rc_context(), _quiet():
        panels = np.ravel(plots.plot_slice(study))
    figure = panels[0].figure
    rows = -(-len(panels) // SLICES)
    grid = figure.add_gridspec(rows, SLICES)
    for number, panel in enumerate(panels):
        panel.set_subplotspec(grid[number // SLICES, number % SLICES])
        panel.tick_params(labelsize=7)
        panel.set_xlabel(panel.get_xlabel(), fontsize=9)
        panel.set_ylabel("strict" if number % SLICES == 0 else "", fontsize=9)
        panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.suptitle("")
    figure.set_size_inches(11, 2.6 * rows)
    figure.set_layout_engine("constrained")
    return figure


class _quiet(warnings.catch_warnings):  # noqa: N801
    """Without Optuna's warning that its plots may change."""

    def __enter__(self):
        caught = super().__enter__()
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return caught
