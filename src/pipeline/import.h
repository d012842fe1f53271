#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "langsmith/source.h"
#include "messages/extract.h"
#include "model/run.h"
#include "model/trajectory.h"
#include "pipeline/memory.h"
#include "pipeline/report.h"
#include "record/output.h"
#include "store/settings.h"

namespace trajectory::pipeline {

/// Which runs and conversations an import takes.
struct Selection {
  std::string project;                     ///< project id; empty: all
  std::optional<model::Micros> since;      ///< traces whose root starts at or after
  std::optional<model::Micros> until;      ///< ... and before
  std::optional<std::uint64_t> limit;      ///< the first conversations in sorted order of their id
  std::vector<std::string> conversations;  ///< ids; empty: all
  std::vector<std::string> thread_keys = messages::ExtractOptions().thread_keys;
  bool feedback = true;  ///< whether feedback becomes reward
};

struct ImportOptions {
  std::vector<std::string> sources;  ///< files, folders, globs; local ones and in object stores
  std::vector<langsmith::StreamSource> streams;
  store::Settings storage;                     ///< how sources in object stores are reached
  std::optional<std::uint64_t> expected_rows;  ///< that the source's maker says are in it
  Selection selection;
  unsigned threads = 1;
  std::uint64_t memory = 0;  ///< bytes to get along with; 0: no limit
  /// Bytes of a value (a cell, a JSON run): rows with larger ones are refused; 0: what the memory allows.
  std::uint64_t max_value = 0;
  std::size_t batch_rows = langsmith::ReadControl().batch.rows;  ///< makes no difference but in speed and memory
};

struct Hooks {
  std::atomic<bool>* stop = nullptr;  ///< set from a signal handler or another thread: ends with k_interrupted
  /// Called from one thread at a time: what is being done, how much of how much (0: not known).
  std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;

  [[nodiscard]] bool interrupted() const { return stop != nullptr && *stop; }
};

/// The error of work that `Hooks::stop` ended.
[[nodiscard]] inline base::Error interrupted() { return {base::ErrorCode::k_interrupted, "interrupted"}; }

/// Imports and hands every trajectory to `consumer`, in order of conversation id (then project), from one thread.
/// The same order and the same trajectories for any number of threads, batch size, file split or memory limit.
/// Errors: those of the source, the consumer's, k_interrupted.
[[nodiscard]] base::Result<ImportReport> import_trajectories(
    const ImportOptions& options, const Hooks& hooks,
    const std::function<base::Status(const model::Trajectory&)>& consumer);

/// What the manifest of a dataset says of where it came from: a JSON object. File names depend on the split of the
/// export, so only what every split shares is in it.
[[nodiscard]] std::string lineage_of(const ImportOptions& options);

struct OutputOptions {
  std::string folder;  ///< empty: nothing is written (dry run)
  std::vector<record::Format> formats = {record::Format::k_parquet};
  std::string report_file;                                    ///< a further copy of the report
  std::uint64_t max_file = record::WriterOptions().max_file;  ///< bytes
  bool force = false;                                         ///< replaces an earlier output, nothing else
  bool strict = false;                                        ///< refused data is an error, and nothing is written
};

/// Imports into a folder, which appears whole or not at all, with `report.json` in it. Several formats go to folders of
/// their names below it. Errors: those of `import_trajectories`, k_exists, k_io, k_refused_data with `strict`.
[[nodiscard]] base::Result<ImportReport> import_to_folder(const ImportOptions& options, const OutputOptions& output,
                                                          const Hooks& hooks);

}  // namespace trajectory::pipeline
