#pragma once

#include <string>
#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// Regenerates the input of one recorded model call from its ranges and variants and compares it, element by element,
/// with what the payload holds: role, text, parts, tool calls. `messages` is what the ranges run over. A payload that
/// was recorded late, with the answer and what followed in it, is compared up to the answer. A stateful request holds
/// only what is new: its system texts first, the rest at the end of the context.
/// Returns what differs, or an empty text.
[[nodiscard]] std::string replay_difference(const std::vector<const model::TranscriptMessage*>& messages,
                                            const model::ModelCall& call, const messages::CallFacts& recorded,
                                            const messages::MessageTable& table);

/// Replays every call of a recorded lane. Counts go to `figures` by payload shape; what differs is named in a problem.
void replay(const Work& work, const model::Lane& lane, const std::vector<CallId>& calls, BuildFigures& figures);

}  // namespace trajectory::build
