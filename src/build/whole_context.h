#pragma once

#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// All that a call saw: of a stateful one with what it goes on from. Takes time by the length of that, once a call.
[[nodiscard]] std::vector<Seen> whole_context(const Work& work, const Call& call);

/// Whether a message, other than a system text, is in `whole_context`.
[[nodiscard]] bool saw(const Work& work, const Call& call, SlotId slot);

/// The last message in `whole_context` that is no system text, or none.
[[nodiscard]] SlotId last_seen(const Work& work, const Call& call);

/// How many of a call's own elements are system texts at the beginning.
[[nodiscard]] std::size_t leading_systems(const Call& call);

}  // namespace trajectory::build
