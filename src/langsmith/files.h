#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/problem.h"

namespace trajectory::langsmith {

struct FoundFile {
  std::string path;
  bool outright = false;  ///< named itself, not found in a folder or by a pattern
};

/// The files behind the sources that a user named.
struct FoundFiles {
  std::vector<FoundFile> files;  ///< sorted by path, each real file once
  std::uint64_t others = 0;      ///< files in folders that are no exports (tmp/*.txt, README, our own outputs)
  std::vector<model::Problem> unreadable;  ///< folders that cannot be searched
};

/// Expands files, folders (searched at any depth) and globs. In folders and globs only *.parquet, *.json, *.jsonl and
/// *.ndjson count; a file named outright counts whatever its name. Datasets that this program wrote, and what it left
/// unfinished, are passed over. Every real file and folder is met once, whatever links lead to it.
/// Errors: k_not_found when an argument leads to no file, k_usage when it is no file at all, k_bad_format when it leads
/// to datasets alone.
[[nodiscard]] base::Result<FoundFiles> find_files(const std::vector<std::string>& arguments);

}  // namespace trajectory::langsmith
