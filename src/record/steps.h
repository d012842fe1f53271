#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/trajectory.h"

namespace trajectory::record {

/// One step of the contract, as places of the main transcript.
struct Step {
  std::vector<model::Range> ranges;  ///< messages of the step, in the order the model saw them; neighbours are joined
  const std::map<std::uint32_t, model::Variant>* variants = nullptr;  ///< other forms that its call saw; never null
  bool plain = true;  ///< the places are the beginning of the transcript, as it stands
};

/// Derives the contract's steps. The transcript is walked with a running context: everything up to the first user
/// message closes step 0; afterwards each tool message and each assistant message without calls closes a step; what is
/// left closes the last. At the answer of a model call the running context becomes what that call saw, so that after a
/// window, a compaction or a changed text the step shows the model's view, not the transcript's beginning.
/// Every message of the transcript stands in some step.
[[nodiscard]] std::vector<Step> derive_steps(const model::Lane& lane);

/// Places as half-open ranges, in order.
[[nodiscard]] std::vector<model::Range> to_ranges(const std::vector<std::uint32_t>& places);

}  // namespace trajectory::record
