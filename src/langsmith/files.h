#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace trajectory::langsmith {

/// The files behind the sources that a user named.
struct FoundFiles {
  std::vector<std::string> paths;  ///< sorted, each once
  std::uint64_t others = 0;        ///< files in folders that are no exports (tmp/*.txt, README, ...)
};

/// Expands files, folders (searched at any depth) and globs. In folders and globs only *.parquet, *.json, *.jsonl and
/// *.ndjson count; a file named outright counts whatever its name.
/// Errors: k_not_found when an argument leads to no file.
[[nodiscard]] base::Result<FoundFiles> find_files(const std::vector<std::string>& arguments);

}  // namespace trajectory::langsmith
