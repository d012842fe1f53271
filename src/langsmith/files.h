#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/range_file.h"
#include "base/result.h"
#include "model/problem.h"
#include "store/settings.h"

namespace trajectory::langsmith {

struct FoundFile {
  std::string path;
  bool outright = false;                             ///< named itself, not found in a folder or by a pattern
  std::shared_ptr<const base::RangeFile> elsewhere;  ///< of an object store; none: a local file
};

/// The files behind the sources that a user named.
struct FoundFiles {
  std::vector<FoundFile> files;  ///< sorted by path, each real file once
  std::uint64_t others = 0;      ///< files in folders that are no exports (tmp/*.txt, README, our own outputs)
  std::vector<model::Problem> unreadable;  ///< folders that cannot be searched
};

/// Whether a file found in a folder is taken for an export, by its name.
[[nodiscard]] bool is_export_name(std::string_view path);

/// Whether a `manifest.json` with this beginning (of `k_manifest_bytes`) is that of a dataset of ours.
[[nodiscard]] bool is_dataset_manifest(std::string_view beginning);
constexpr std::size_t k_manifest_bytes = 200;

/// Whether a folder of this name is what an import of ours has left, or is writing.
[[nodiscard]] bool is_unfinished_output(std::string_view folder_name);

/// Expands files, folders (searched at any depth) and globs. In folders and globs only *.parquet, *.json, *.jsonl and
/// *.ndjson count; a file named outright counts whatever its name. Datasets that this program wrote, and what it left
/// unfinished, are passed over. Every real file and folder is met once, whatever links lead to it. URIs of object
/// stores (gs://, s3://, abfs://) are treated alike. Errors: k_not_found when an argument leads to no file, k_usage
/// when it is no file at all, k_bad_format when it leads to datasets alone, those of the object store.
[[nodiscard]] base::Result<FoundFiles> find_files(const std::vector<std::string>& arguments,
                                                  const store::Settings& settings);

}  // namespace trajectory::langsmith
