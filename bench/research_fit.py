"""The weights of `gnomon.reading.ranking`, fitted; `python bench/research_squad.py --fit` calls it.

Sentences: among all sentences of the passages found, the right ones shall have the most of a softmax over the scores
(conditional logistic regression). Trust: a logistic regression of "the right sentence is among those shown", over
questions whose article is in the folder and questions whose article is not, both halves weighing the same. Folders of
one, two, three and all articles take part, so that the weights are not those of one size. Every fit is by Newton's
method with a small ridge; the threshold is chosen by probabilities of articles that took no part in the fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE: Final = 0.1
TRUST_RIDGE: Final = 1.0
REFUSED: Final = 0.95
REFUSED_WITH_MEANING: Final = 0.99
"""Share of the questions from outside, among those for fitting, that the threshold refuses: the more, the more is
answered rightly at that, because a folder larger than these has more that comes near to a question by chance."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question's sentences by their signs, and which of them are right."""

    signs: Array
    is_right: NDArray[np.bool_]


def fit_sentences(choices: Sequence[Choice], steps: int = 60) -> Array:
    """Return the weights of the signs."""
    useful = [each for each in choices if each.is_right.any()]
    weights = np.zeros(useful[0].signs.shape[1])
    for _ in range(steps):
        gradient, curvature = -RIDGE * weights, RIDGE * np.eye(len(weights))
        for each in useful:
            among, right = _softmax(each.signs @ weights, each.is_right)
            mean = each.signs.T @ among
            gradient += each.signs.T @ right - mean
            curvature += (each.signs.T * among) @ each.signs - np.outer(mean, mean)
        step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _softmax(scores: Array, is_right: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return each sentence's share among all, and among the right ones."""
    among = np.exp(scores - scores.max())
    right = np.where(is_right, np.exp(np.minimum(scores - scores[is_right].max(), 0.0)), 0.0)
    return among / among.sum(), right / right.sum()


@dataclass(frozen=True, slots=True)
class Trials:
    """Questions by their signs of trust: a row each."""

    signs: Array
    is_right: NDArray[np.bool_]
    is_inside: NDArray[np.bool_]
    """Whether the article that was asked of is in the folder."""
    article: NDArray[np.str_]


def fit_trust(trials: Trials, steps: int = 60) -> Array:
    """Return the weights of the signs, and the constant."""
    rows = np.c_[trials.signs, np.ones(len(trials.signs))]
    inside = trials.is_inside.mean()
    worth = np.where(trials.is_inside, 0.5 / inside, 0.5 / (1.0 - inside))
    ridge = TRUST_RIDGE * np.eye(rows.shape[1])
    weights = np.zeros(rows.shape[1])
    for _ in range(steps):
        chance = chances(trials.signs, weights)
        gradient = rows.T @ (worth * (trials.is_right - chance)) - ridge @ weights
        curvature = (rows.T * (worth * chance * (1.0 - chance))) @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def chances(signs: Array, weights: Array) -> Array:
    """Return the probabilities of rows of signs."""
    return np.asarray(1.0 / (1.0 + np.exp(-signs @ weights[:-1] - weights[-1])))


def choose_threshold(trials: Trials, judged: Trials, refused: float) -> float:
    """Return the probability below which this share of the judged rows from outside is.

    Each article's rows are judged by weights that were fitted without it.
    """
    found = np.empty(len(judged.signs))
    for article in np.unique(judged.article):
        own = judged.article == article
        found[own] = chances(judged.signs[own], fit_trust(_without(trials, str(article))))
    return float(np.quantile(found[~judged.is_inside], refused))


def _without(trials: Trials, article: str) -> Trials:
    rest = trials.article != article
    return Trials(trials.signs[rest], trials.is_right[rest], trials.is_inside[rest], trials.article[rest])


def rounded(weights: Array) -> tuple[float, ...]:
    """Return weights as they are written into the source."""
    return tuple(round(float(weight), 1) + 0.0 for weight in weights)
