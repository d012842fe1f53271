#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

/// What an examination found.
struct Examined {
  std::int64_t datasets = 0;
  std::int64_t trajectories = 0;
  std::int64_t payloads = 0;
  std::int64_t events = 0;
  std::int64_t faults = 0;
  std::int64_t leftovers = 0;  ///< files that nothing names, of requests that were cut off: no loss
};

/// What is wrong with a record beside what its payload's name says; empty when nothing is. Also given: the conversation
/// and the upload hash that the catalog has.
using CheckRecord =
    std::function<std::string(const std::string& record, const std::string& conversation, const std::string& hash)>;

/// Holds every row, every payload and the search index against each other; `fault` takes a line for each fault. Errors:
/// k_io.
[[nodiscard]] base::Result<Examined> examine(Catalog& catalog, const CheckRecord& check_record,
                                             const std::function<void(const std::string&)>& fault);

}  // namespace trajectory::platform::catalog
