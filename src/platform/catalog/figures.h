#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "platform/catalog/select.h"

namespace trajectory::platform::catalog {

struct Day {
  std::int64_t count = 0;
  std::int64_t failed = 0;
  std::int64_t tokens = 0;
};

/// Figures for charts, of a selection.
struct Figures {
  std::int64_t count = 0;
  std::int64_t failed = 0;
  std::int64_t tokens = 0;
  double cost = 0;
  std::map<std::int64_t, Day> days;                   ///< by microseconds of a day's beginning, UTC
  std::map<std::int64_t, std::int64_t> tokens_from;   ///< how many have at least so many tokens and fewer than twice
  std::map<std::int64_t, std::int64_t> rewards_from;  ///< how many have a reward from so many tenths up
  std::map<std::string, std::map<std::string, std::int64_t>> labels;  ///< by kind and name
};

/// Reads every row of the selection: a second or two for a million. Errors: as `select`.
[[nodiscard]] base::Result<Figures> figures(Catalog& catalog, const Filter& filter);

}  // namespace trajectory::platform::catalog
