"""Pictures of a search, from a study or from its table alone."""

import optuna
import pytest

from workshop.studies.search import SPACE, study_of, study_table
from workshop.studies.search_figures import (
    importance_figure,
    slice_figure,
    trials_figure,
)


@pytest.fixture(scope="module")
def study():
    """Twelve trials whose accuracy is their keep rate; each fourth was given up."""
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(1)
    )
    for number in range(12):
        trial = study.ask(SPACE)
        strict = trial.params["keep_rate"]
        trial.report(strict / 2, 1)
        if number % 4 == 3:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, strict)
    return study


def test_trials_figure_shows_what_each_trial_reached(study):
    (axis,) = trials_figure(study_table(study)).axes
    given_up, whole, best, table_4 = axis.lines
    assert given_up.get_xdata().tolist() == [3, 7, 11]
    assert len(whole.get_ydata()) == 9
    assert best.get_ydata()[-1] == study.best_value
    assert table_4.get_ydata()[0] == study.trials[0].value


def test_trials_figure_of_no_trials_is_empty():
    study = optuna.create_study()
    (axis,) = trials_figure(study_table(study)).axes
    assert not any(len(line.get_xdata()) for line in axis.lines)


def test_importance_is_that_of_the_parameter_that_matters(study):
    (axis,) = importance_figure(study).axes
    widths = {
        label.get_text(): bar.get_width()
        for label, bar in zip(axis.get_yticklabels(), axis.patches, strict=True)
    }
    assert max(widths, key=widths.get) == "keep_rate"


def test_importance_needs_two_accuracies():
    with pytest.raises(ValueError, match=r"has 0 trials.*expected two or more"):
        importance_figure(optuna.create_study())


def test_slices_have_a_panel_for_each_parameter(study):
    figure = slice_figure(study_of(study_table(study)))
    titles = {axis.get_xlabel() for axis in figure.axes}
    assert set(SPACE) <= titles
