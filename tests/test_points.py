"""Points: a mixture that is a likelihood, and the hand that works them out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from webagent.models.config import PolicyConfig
from webagent.models.points import NARROWEST, WAYS, Pointed, Points, flat, unflat

PLACES = 120


def pointed(middle: float, sure: float, scale: float = 1.0) -> Pointed:
    """One action, its first way as much likelier than knowing by heart as ``sure`` says (nats), the others impossible.
    By heart the 40th place is the likeliest, its upper neighbour the next."""
    scores = torch.zeros(1, 4, PLACES)
    scores[..., 40], scores[..., 41] = 6.0, 5.0
    shares = torch.full((1, 2, WAYS + 1), -100.0)
    shares[..., 0], shares[..., -1] = sure, 0.0
    full = torch.ones(1, 2, WAYS, 2)
    return Pointed(torch.log_softmax(scores, -1), full * middle, full * scale, torch.log_softmax(shares, -1))


def test_places_inside_and_far_outside_are_told_apart() -> None:
    points = torch.tensor([-11.0, -3.0, -0.2, 0.0, 0.01, 0.5, 0.99, 1.0, 1.1, 5.6, 12.0])
    places = flat(points)
    assert ((places >= 0) & (places < 1)).all() and (places.diff() > 0).all()
    torch.testing.assert_close(unflat(places), points, rtol=1e-4, atol=1e-5)
    inside = flat(torch.tensor([0.0, 1.0]))
    assert float(inside[1] - inside[0]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("sure", "expected"), [(5.0, 77.25), (-5.0, 40.0)])
def test_the_highest_peak_is_followed(sure: float, expected: float) -> None:
    place = flat(pointed(77.25, sure).likeliest()) * (PLACES - 1)
    assert float(place[0, 0]) == pytest.approx(expected, abs=0.5)
    assert (float(place[0, 0]) == pytest.approx(77.25, abs=1e-3)) == (sure > 0)


def test_what_is_worked_out_is_a_likelihood() -> None:
    places = torch.linspace(0, PLACES - 1, 301)
    points = unflat(torch.cartesian_prod(places, places) / (PLACES - 1)).repeat(1, 2)
    one = pointed(77.25, 50.0, 2.0)  # nothing by heart
    many = Pointed(*(part.expand(len(points), *part.shape[1:]) for part in vars(one).values()))
    total = (-many.surprise(points)[:, 0]).exp().mean() * (PLACES - 1) ** 2
    assert float(total) == pytest.approx(1, abs=0.02)


def test_nothing_is_surer_than_the_narrowest() -> None:
    one = pointed(60.0, 20.0, NARROWEST)
    there = unflat(torch.tensor(60.0) / (PLACES - 1)).expand(1, 4)
    assert float(one.surprise(there)[0, 0]) == pytest.approx(2 * math.log(2 * NARROWEST), abs=1e-3)


def drawings(count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Looks [n, 5, 16], boxes [n, 5, 4], the drawing's index [n, 2] and the middle of its two dots in it [n, 2]."""
    kinds = torch.tensor([0, 1, 2, 2, 3])  # page, drawing, two dots, a button
    looks = torch.nn.functional.one_hot(kinds, 16).float().expand(count, -1, -1)
    boxes = torch.tensor([[0.0, 0, 320, 240], [2, 52, 150, 130], [0, 0, 7, 7], [0, 0, 7, 7], [30, 178, 95, 31]])
    boxes = boxes.expand(count, -1, -1).clone()
    boxes[:, 2:4, :2] = torch.rand(count, 2, 2) * torch.tensor([140.0, 120.0]) + torch.tensor([2.0, 52.0])
    middle = (boxes[:, 2, :2] + boxes[:, 3, :2]) / 2 + 3.5
    ends = torch.ones(count, 2, dtype=torch.long)
    return looks, boxes, ends, (middle - boxes[:, 1, :2]) / boxes[:, 1, 2:]


def test_the_middle_of_two_dots_is_learned_to_the_pixel() -> None:
    torch.manual_seed(0)
    head = Points(PolicyConfig.of_size("tiny", width=16, heads=2), 4)
    optimiser = torch.optim.Adam(head.parameters(), 1e-2)

    def say(count: int) -> tuple[Pointed, Tensor]:
        looks, boxes, ends, right = drawings(count)
        there = torch.ones(count, 5, dtype=torch.bool)
        return head(torch.ones(count, 16), looks, torch.zeros(count, 5, 4), there, boxes, ends), right

    for n in range(400):
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * (1 - n / 400)
        said, right = say(64)
        loss = said.surprise(right.repeat(1, 2)).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        said, right = say(200)
    off = (said.likeliest()[:, :2] - right) * torch.tensor([150.0, 130.0])
    assert float(off.abs().max(1).values.quantile(0.95)) < 1.0


def test_a_point_can_be_told_within_another_element() -> None:
    head = Points(PolicyConfig.of_size("tiny", width=16, heads=2), 4)
    looks, boxes, ends, _ = drawings(3)
    there = torch.ones(3, 5, dtype=torch.bool)
    ends[:, 1] = 4  # a drag that ends in the button
    with torch.no_grad():
        same, other = (
            head(torch.ones(3, 16), looks, torch.zeros(3, 5, 4), there, boxes, e) for e in (torch.ones_like(ends), ends)
        )
    torch.testing.assert_close(same.middles[:, 0], other.middles[:, 0])
    assert not torch.allclose(same.middles[:, 1], other.middles[:, 1])
