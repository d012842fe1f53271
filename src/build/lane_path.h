#pragma once

#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// A lane's calls sorted out: the path that was continued, and what branches off it.
struct LanePath {
  std::vector<CallId> main;                   ///< the path, with failed calls on it, in order of time
  std::vector<std::vector<CallId>> branches;  ///< answered calls off the path, one list a branch, in order of time
};

/// Follows, from every beginning of the lane, the answer whose descendants reach furthest in time.
[[nodiscard]] LanePath find_path(const Work& work, const std::vector<CallId>& calls);

}  // namespace trajectory::build
