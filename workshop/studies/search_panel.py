"""A panel that shows a search while it goes on, here or on another machine.

What it shows are `workshop.studies.search.study_table` and
`workshop.studies.search_figures.trials_figure` of the study, which need no panel.
"""

import io
import threading

import ipywidgets as widgets
import optuna

from workshop.studies.search import study_table
from workshop.studies.search_figures import trials_figure

BEST = 5
"""Trials in the table below the chart."""


class SearchPanel(widgets.VBox):
    """The trials of a study so far, drawn anew every few seconds until stopped.

    Parameters
    ----------
    study
        From `workshop.studies.search.open_study`.
    seconds
        From one look at the study to the next.
    """

    def __init__(self, study: optuna.Study, seconds: float = 5):
        self.study = study
        self.seconds = seconds
        self._ended = threading.Event()
        self._said = widgets.HTML()
        self._chart = widgets.Image(format="png", layout=widgets.Layout(width="800px"))
        self._best = widgets.HTML()
        button = widgets.Button(description="Stop watching", icon="stop")
        button.on_click(lambda _: self.stop())
        super().__init__([widgets.HBox([button, self._said]), self._chart, self._best])
        self.refresh()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """Show the study as it is now."""
        table = study_table(self.study)
        counts = table["state"].value_counts()
        self._said.value = ", ".join(f"{n} {state}" for state, n in counts.items())
        picture = io.BytesIO()
        trials_figure(table).savefig(picture, format="png", dpi=100)
        self._chart.value = picture.getvalue()
        whole = table[table["state"] == "complete"]
        best = whole.sort_values("strict", ascending=False, kind="stable").head(BEST)
        self._best.value = best.to_html(float_format="{:.4g}".format)

    def stop(self) -> None:
        """Look no more; the search itself goes on."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(self.seconds):
            try:
                self.refresh()
            except Exception as error:  # a database away for a moment is asked again
                self._said.value = str(error)
