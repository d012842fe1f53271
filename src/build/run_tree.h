#pragma once

#include <cstdint>
#include <vector>

#include "messages/facts.h"

namespace trajectory::build {

/// The tree of one trace's runs, by their places. However deep it is, walking `parents_first` needs no recursion and no
/// climbing.
struct RunTree {
  /// Parents may be missing, but must not go round in a circle.
  explicit RunTree(const std::vector<messages::RunFacts>& runs);

  std::vector<std::uint32_t> parents;        ///< k_none where the parent is not among the runs
  std::vector<std::uint32_t> parents_first;  ///< all places, a parent before its children
};

}  // namespace trajectory::build
