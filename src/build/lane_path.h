#pragma once

#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// A lane's calls sorted out: the path that was continued, and what branches off it.
struct LanePath {
  std::vector<CallId> main;                   ///< the path, with failed calls on it, in order of time
  std::vector<std::vector<CallId>> branches;  ///< calls off the path, one list a branch, in order of time
  /// Calls that were shown the lane's context under instructions of their own.
  std::vector<std::vector<CallId>> helpers;
};

/// Follows, from every beginning of the lane, the answer whose descendants reach furthest: a later trace first, then
/// what the trace returned, then time. A call with another system text that leads nowhere is no continuation but a
/// helper's. Turns and attempts that failed stay on the path. System texts must have their places.
[[nodiscard]] LanePath find_path(const Work& work, const std::vector<CallId>& calls);

/// Whether the answer is what the run around its call returned: the trace's root, or the tool whose sub-agent it is.
[[nodiscard]] bool reaches_output(const Work& work, const Call& call, SlotId answer);

}  // namespace trajectory::build
