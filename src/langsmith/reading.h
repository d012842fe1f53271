#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "columnar/cells.h"
#include "langsmith/file_kind.h"
#include "langsmith/run_row.h"
#include "model/problem_log.h"
#include "model/run.h"

namespace trajectory::langsmith {

/// One file of runs, or one stream of record batches.
struct SourceFile {
  std::string path;
  FileKind kind = FileKind::k_parquet;
  std::uint64_t bytes = 0;                   ///< on disk
  std::uint64_t rows = 0;                    ///< of JSON files known after a `read`, 0 before
  std::vector<std::string> missing_columns;  ///< Parquet: columns that we read and that are absent
};

/// Handles of one `read`.
struct ReadControl {
  unsigned threads = 1;
  const std::vector<bool>* units = nullptr;          ///< which to read, by number (see `RunSource`); null: all
  std::function<void(std::uint64_t rows)> progress;  ///< called from workers with rows just read; may be empty
  model::ProblemLog* problems = nullptr;
  columnar::BatchSize batch;             ///< what is decoded at once
  std::uint64_t max_value = UINT64_MAX;  ///< bytes of a cell or a JSON value; a row with a larger one is refused
  /// Bytes that may be on their way from object stores, or wait to be decoded.
  std::uint64_t read_ahead = 64 << 20;
};

/// Takes a batch of runs on one of the workers (counted from 0). The runs' texts live until it returns.
using RunConsumer = std::function<base::Status(std::span<const model::Run>, unsigned worker)>;

/// Rows of one reading, over all files.
struct RowCounts {
  std::atomic<std::uint64_t> read{0};
  std::atomic<std::uint64_t> refused{0};
};

/// One reading of a source's files: hands runs on, counts rows, and names what is refused. Thread-safe. What it is made
/// of must live as long.
class Reading {
 public:
  Reading(std::vector<SourceFile>& files, RowCounts& counts, const ReadControl& control, const RunConsumer& consumer)
      : files_(files), counts_(counts), control_(control), consumer_(consumer) {}

  [[nodiscard]] const ReadControl& control() const { return control_; }

  /// Hands on the runs of so many rows of a file. Errors: the consumer's.
  [[nodiscard]] base::Status hand_on(std::uint32_t file, std::span<const model::Run> runs, std::uint64_t rows,
                                     unsigned worker);

  /// Whether the run can be placed: it needs its id and its trace. Else its row is refused.
  [[nodiscard]] bool check(const model::Run& run);

  void refuse(std::string kind, model::Place place, std::string detail);
  /// A row with a value of so many bytes, more than may be.
  void refuse_large(model::Place place, std::uint64_t bytes);
  /// The rows of a row group from this one on, which cannot be decoded.
  void refuse_rest(model::Place first, std::uint64_t rows, const base::Error& error);
  void warn(std::string kind, model::Place place, std::string detail);
  void warn_of(const UnreadableTimes& times, model::Place place);

 private:
  void tell(std::string kind, model::Severity severity, model::Place place, std::string detail);

  std::vector<SourceFile>& files_;
  RowCounts& counts_;
  const ReadControl& control_;
  const RunConsumer& consumer_;
};

}  // namespace trajectory::langsmith
