"""Figures of a search's `study_table`, now or kept, and a panel that follows it."""

import threading

import ipywidgets as widgets
import matplotlib.pyplot as plt
import optuna
import pandas as pd
from matplotlib.figure import Figure

from helpers.figures.style import percent, styled
from helpers.widgets.still import Still, png
from workshop.studies.charts import finish
from workshop.studies.search import SPACE, study_table


def trials_figure(table: pd.DataFrame) -> Figure:
    """Draw strict accuracy of each trial on validation, and the best so far."""
    figure = Figure(figsize=(8, 3.4), layout="tight")  # no pyplot: a thread may draw
    axis = figure.subplots()
    complete, pruned = (table[table["state"] == s] for s in ("complete", "pruned"))
    axis.plot(pruned.index, pruned["strict"], "x", color="0.6", label="pruned")
    axis.plot(complete.index, complete["strict"], "o", color="C0", label="complete")
    if len(complete):
        best = complete["strict"].cummax()
        axis.step(complete.index, best, "C3", where="post", label="best so far")
    if 0 in complete.index:
        axis.axhline(complete["strict"][0], color="k", ls=":", label="Table 4")
    finish(axis)
    axis.set(xlabel="trial", ylabel="strict, on validation")
    axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


@styled
def values_figure(table: pd.DataFrame) -> Figure:
    """Draw accuracy against each value, a panel each, later trials darker."""
    complete = table[table["state"] == "complete"]
    options = {"figsize": (11, 5.2), "sharey": True, "layout": "constrained"}
    looks = {"cmap": "Blues", "ec": "0.5"}
    figure, axes = plt.subplots(2, -(-len(SPACE) // 2), **options)
    for axis, (name, kind) in zip(axes.flat, SPACE.items(), strict=True):
        axis.scatter(complete[name], complete["strict"], c=complete.index, **looks)
        axis.set_xscale("log" if getattr(kind, "log", False) else "linear")
        axis.set_xlabel(name)
        axis.grid(alpha=0.3)
    percent(axes[0, 0].yaxis)
    figure.supylabel("strict")
    return figure


class SearchPanel(Still, widgets.VBox):
    """The trials of a study so far, drawn anew every few seconds until stopped."""

    def __init__(self, study: optuna.Study, seconds: float = 5):
        self.study = study
        self.seconds = seconds
        self._ended = threading.Event()
        self._message = widgets.HTML()
        self._chart = widgets.Image(format="png", layout=widgets.Layout(width="800px"))
        self._best = widgets.HTML()
        button = widgets.Button(description="Stop watching", icon="stop")
        button.on_click(lambda _: self.stop())
        top = widgets.HBox([button, self._message])
        super().__init__([top, self._chart, self._best])
        self.refresh()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """Show the study as it is now: its counts, its chart and its best trials."""
        table = study_table(self.study)
        counts = table["state"].value_counts()
        self._message.value = ", ".join(f"{n} {state}" for state, n in counts.items())
        self._chart.value = png(trials_figure(table))
        best = table[table["state"] == "complete"].nlargest(5, "strict")
        self._best.value = best.to_html(float_format="{:.4g}".format)

    def stop(self) -> None:
        """Look no more; the search itself goes on."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(self.seconds):
            try:
                self.refresh()
            except Exception as error:  # a database away for a moment is asked again
                self._message.value = str(error)
