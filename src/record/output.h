#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/problem_log.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// What trajectories are written as.
enum class Format : std::uint8_t {
  k_parquet,  ///< the dataset: train-NNNNN.parquet, one row a trajectory, and manifest.json
  k_jsonl,    ///< trajectories.jsonl, one native record a line
  k_json,     ///< the contract's {conversation_id}.json each
};

inline constexpr auto k_formats = std::to_array({Format::k_parquet, Format::k_jsonl, Format::k_json});

[[nodiscard]] std::string_view format_name(Format format);

/// What a writer made of a trajectory before its turn came.
struct Prepared {
  std::string text;        ///< the rendered record, or where it lies
  std::uint64_t size = 0;  ///< contract form: bytes of the file
};

/// Takes trajectories in order and writes one of the forms into a folder that exists and is empty.
class TrajectoryWriter {
 public:
  virtual ~TrajectoryWriter() = default;
  /// Does the work for a trajectory that does not depend on the others. Thread-safe, in any order. Errors: k_io.
  [[nodiscard]] virtual base::Result<Prepared> prepare(const model::Trajectory& trajectory) = 0;
  /// Takes the next trajectory with what was prepared of it. Errors: k_io.
  [[nodiscard]] virtual base::Status add(const model::Trajectory& trajectory, Prepared prepared) = 0;
  /// Ends the output. `lineage` is a JSON object for the dataset's manifest.
  [[nodiscard]] virtual base::Status finish(std::string_view lineage) = 0;
};

struct WriterOptions {
  std::uint64_t max_file = std::uint64_t{2} << 30;  ///< contract form: files of more bytes are refused
  model::ProblemLog* problems = nullptr;            ///< refused files, changed names
};

/// Errors: k_io.
[[nodiscard]] base::Result<std::unique_ptr<TrajectoryWriter>> make_writer(Format format, const std::string& folder,
                                                                          const WriterOptions& options);

/// Reads records back from a dataset folder, a file of JSON lines, or the folder of an import in several formats, in
/// order, until the consumer returns false.
/// Errors: k_not_found, k_bad_format (no dataset, a file that does not fit its checksum, a newer version), k_io, the
/// consumer's.
[[nodiscard]] base::Status read_trajectories(const std::string& path,
                                             const std::function<base::Result<bool>(model::Trajectory)>& consumer);

/// The `lineage` that a dataset's manifest holds; empty for JSON lines. Errors as above.
[[nodiscard]] base::Result<std::string> read_lineage(const std::string& path);

}  // namespace trajectory::record
