#pragma once

#include "build/slots.h"

namespace trajectory::build {

/// Collects a conversation's model calls in order of time and the scopes they run in. Outer model runs that merely wrap
/// another model run are set aside.
[[nodiscard]] Work collect_calls(const Conversation& conversation, const messages::Tables& tables,
                                 BuildFigures& figures);

}  // namespace trajectory::build
