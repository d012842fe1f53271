#pragma once

#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// Regenerates the input of every call of a recorded lane from its ranges and variants and compares it, element by
/// element, with what the payload holds. Counts go to `figures` by payload shape; what differs is named in a problem.
void replay(const Work& work, const model::Lane& lane, const std::vector<CallId>& calls, BuildFigures& figures);

}  // namespace trajectory::build
