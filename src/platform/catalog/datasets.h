#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

struct DatasetInfo {
  std::string name;
  std::int64_t version = 0;
  std::int64_t conversations = 0;
  std::int64_t created = 0;
  std::int64_t changed = 0;  ///< when the latest version was made
};

struct VersionInfo {
  std::int64_t number = 0;
  std::int64_t created = 0;
  std::int64_t added = 0;    ///< conversations that were new
  std::int64_t changed = 0;  ///< conversations that got a new version
};

/// A conversation that differs between two versions of a dataset.
struct Difference {
  std::int64_t id = 0;  ///< of the trajectory in the second; a page goes on from the last one's
  std::string trajectory_id;
  std::string name;
  std::optional<std::int64_t> before;  ///< its version in the first; none: added
  std::int64_t after = 0;              ///< its version in the second
};

/// By name. Errors: k_io.
[[nodiscard]] base::Result<std::vector<DatasetInfo>> datasets(Catalog& catalog);

/// The latest first, those with numbers below `before`. Errors: k_not_found, k_io.
[[nodiscard]] base::Result<std::vector<VersionInfo>> versions(Catalog& catalog, const std::string& dataset,
                                                              std::int64_t before, std::size_t limit);

/// What version `to` has otherwise than version `from`, which is the older one; ids above `after`. What was
/// removed since is in neither. Errors: k_not_found (no such dataset or version), k_io.
[[nodiscard]] base::Result<std::vector<Difference>> diff(Catalog& catalog, const std::string& dataset,
                                                         std::int64_t from, std::int64_t to, std::int64_t after,
                                                         std::size_t limit);

}  // namespace trajectory::platform::catalog
