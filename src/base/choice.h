#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::base {

/// The value that a name stands for in a list of pairs of both. `what` is being chosen, for the message. Errors:
/// k_usage (no such name).
template <class Choices>
[[nodiscard]] Result<typename Choices::value_type::second_type> choose(std::string_view name, const std::string& what,
                                                                       const Choices& choices) {
  std::string names;
  for (const auto& [known, value] : choices) {
    if (known == name) return value;
    names.append(names.empty() ? "" : ", ").append(known);
  }
  return Error(ErrorCode::k_usage, what + " cannot be '" + std::string(name) + "': expected one of " + names);
}

}  // namespace trajectory::base
