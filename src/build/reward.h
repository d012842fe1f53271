#pragma once

#include <optional>

#include "build/slots.h"

namespace trajectory::build {

/// Feedback of the conversation's runs as a reward: one component a key, its value the mean of the numeric scores
/// (weighted by their number), the aggregate the mean of the components. None without numeric scores.
/// Source: the `feedback_stats` column, {key: {"n": count, "avg": mean, ...}}.
[[nodiscard]] std::optional<model::Reward> read_reward(const Work& work);

}  // namespace trajectory::build
