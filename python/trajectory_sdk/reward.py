"""A reward from one number."""

from __future__ import annotations

from .errors import ArgumentRangeError, ArgumentTypeError, UsageError
from .primitives.primitives import Reward, RewardComponent


def build_reward_from_scalar(
    value: float, *, name: str = "score", score_range: tuple[float, float] = (0.0, 1.0), weight: float = 1.0
) -> Reward:
    """A reward with one component.

    Args:
        value: The score.
        name: What was scored.
        score_range: Lowest and highest score; a score outside of it is kept and scales outside of 0..1.
        weight: The component's weight; with one component it does not change the reward.

    Returns:
        The reward; its value is the score scaled so that the range becomes 0..1, its method is "identity".

    Raises:
        ValueError: The range does not increase or has not two ends, or the value is a text that is no number, or too
            large (also an OverflowError).
        TypeError: Value or range is of another type.
    """
    try:
        low, high = score_range
        if high <= low:
            raise UsageError(f"score_range must increase: {score_range!r}")
        score = float(value)
        scaled = (score - low) / (high - low)
    except OverflowError as error:
        raise ArgumentRangeError(f"value or score_range is too large: {error}") from error
    except TypeError as error:
        raise ArgumentTypeError(f"value must be a number and score_range two numbers: {error}") from error
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"value must be a number and score_range two numbers: {error}") from error
    component = RewardComponent(name=name, value=score, scaled_value=scaled, weight=weight, range=(low, high))
    return Reward(aggregated_value=scaled, aggregation_method="identity", components=[component])
