"""The grid of numbers: what it gives to the function it is shown with."""

from helpers.widgets.number_grid import NumberGrid


def test_a_choice_or_an_edit_is_one_change_of_the_matrix():
    grid, seen = NumberGrid({"edge": [[-1, 1]], "blur": [[0.5, 0.5]]}), []
    grid.observe(lambda change: seen.append(change["new"]), "value")
    assert grid.value == ((-1, 1),)
    grid.choice.value = "blur"
    grid.fields[0].value = 2
    assert seen == [((0.5, 0.5),), ((2, 0.5),)]
