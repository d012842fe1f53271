#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "live/access.h"
#include "store/settings.h"

namespace trajectory::live {

enum class Health : std::uint8_t { k_good, k_doubtful, k_bad };

/// One thing that an import needs, and what to do when it is not right.
struct Finding {
  Health health = Health::k_good;
  std::string what;  ///< "API key"
  std::string text;  ///< one line
};

struct Examination {
  Access access;
  std::string project;      ///< id or name; may be empty
  std::string destination;  ///< id; may be empty
  std::string bucket;       ///< as for `locate_files`
  store::Settings storage;
  std::string states;                ///< see `FetchRequest`
  std::vector<std::string> folders;  ///< that will be written to
};

/// Looks at everything an import needs, in the order in which it would fail, and goes on after a failure where that
/// makes sense. Only reads. Never holds the key.
[[nodiscard]] std::vector<Finding> examine(const Examination& examination, const base::Clock& clock,
                                           const Hooks& hooks);

}  // namespace trajectory::live
