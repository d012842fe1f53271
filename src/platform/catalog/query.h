#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/catalog/select.h"
#include "sqlite/database.h"

namespace trajectory::platform::catalog {

/// A selection as SQL: `t` are its trajectories. The conditions have numbered parameters.
struct Query {
  using Bound = std::variant<std::int64_t, double, std::string>;

  std::string from;
  std::string where;
  std::vector<Bound> bound;
  std::string order;  ///< the id of a trajectory, in the table that gives the order

  /// The parameter of a value.
  std::string place(Bound value);
  void also(const std::string& condition);
  [[nodiscard]] base::Result<sqlite::Statement> prepare(sqlite::Database& database, const std::string& sql) const;
};

/// The rows of a selection with ids below `before`. Goes by the way that has the fewest rows to look at: a page of the
/// latest is found without reading the others. None: nothing can be found. Errors: k_not_found (no such dataset or
/// version), k_too_large (takes too long), k_io.
[[nodiscard]] base::Result<std::optional<Query>> query_of(sqlite::Database& database, const Filter& filter,
                                                          std::int64_t before);

}  // namespace trajectory::platform::catalog
