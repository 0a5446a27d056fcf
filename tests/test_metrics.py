"""Figures of probabilities: as a hand computes them, with intervals drawn by task."""

from __future__ import annotations

import math

import numpy as np
import pytest

from webagent.train.metrics import auc, by_group, even, interval, measured, precision_at


def test_figures_are_what_a_hand_computes() -> None:
    score, right = np.array([0.9, 0.8, 0.8, 0.4, 0.1]), np.array([True, True, False, True, False])
    assert auc(score, right) == pytest.approx((2 + 1.5 + 1) / 6)
    assert precision_at(score, right) == pytest.approx(3 / 4)
    assert precision_at(score, right, recall=0.5) == pytest.approx(2 / 3)
    assert math.isnan(auc(score, np.ones(5, bool))) and math.isnan(precision_at(score, np.zeros(5, bool)))
    figures = measured(np.array([0.9, 0.9, 0.2, 0.2]), np.array([True, False, False, False]), ["a", "a", "b", "b"])
    assert figures["calibration_error"]["value"] == pytest.approx((2 * 0.4 + 2 * 0.2) / 4)


def test_an_interval_holds_the_figure_and_is_drawn_by_task() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.5
    score = right + rng.normal(0, 1, 400)
    tasks = [str(n % 20) for n in range(400)]
    one = np.ones(400)
    low, high = interval(auc, score, right, tasks, one)
    assert low < auc(score, right) < high and high - low < 0.15
    assert interval(auc, score, right, tasks, one) == (low, high)
    assert interval(auc, score, right, ["one"] * 400, one) == pytest.approx((auc(score, right),) * 2)


def test_every_task_counts_alike_and_so_do_both_outcomes() -> None:
    right, tasks = np.array([True, False, False, False, True, True]), ["a"] * 4 + ["b"] * 2
    weight = even(right, tasks)
    assert weight.tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0, 0])
    score = np.array([0.9, 0.8, 0.2, 0.1, 0.5, 0.5])
    assert precision_at(score, right, weight) == 1 and auc(score, right, weight) == 1
    assert precision_at(np.array([0.5, 0.8, 0.2, 0.1, 0.9, 0.9]), right, weight) == pytest.approx(1 / (1 + 1 / 3))
    table = by_group(score, right, tasks)
    assert set(table) == {"a"} and table["a"]["episodes"] == 4 and table["a"]["successes"] == 1
    assert table["a"]["calibration_error"] == pytest.approx((0.1 + 0.8 / 3 + 0.2 / 3 + 0.1 / 3) / 2)
