#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "columnar/stream.h"
#include "model/problem_log.h"
#include "model/run.h"
#include "store/settings.h"

namespace trajectory::langsmith {

enum class FileKind : std::uint8_t { k_parquet, k_json_lines, k_json, k_stream };

/// One file of runs, or one stream of record batches.
struct SourceFile {
  std::string path;
  FileKind kind = FileKind::k_parquet;
  std::uint64_t bytes = 0;                   ///< on disk
  std::uint64_t rows = 0;                    ///< of JSON files known after a `read`, 0 before
  std::vector<std::string> missing_columns;  ///< Parquet: columns that we read and that are absent
};

/// A table in memory or elsewhere that can be read as an Arrow stream, from its beginning at each call.
struct StreamSource {
  std::string name;  ///< for messages
  std::function<base::Result<columnar::StreamReader>()> open;
};

/// Handles of one `read`.
struct ReadControl {
  unsigned threads = 1;
  std::atomic<bool>* stop = nullptr;                 ///< set to end early with k_interrupted
  std::function<void(std::uint64_t rows)> progress;  ///< called from workers with rows just read; may be empty
  model::ProblemLog* problems = nullptr;
  std::size_t batch_rows = 128;          ///< rows that are decoded at once: with those of real exports some megabytes
  std::uint64_t max_value = UINT64_MAX;  ///< bytes of a cell or a JSON value; a row with a larger one is refused
  /// Bytes that may be on their way from object stores, or wait to be decoded.
  std::uint64_t read_ahead = 64 << 20;
};

/// Takes a batch of runs on one of the workers (counted from 0). The runs' texts live until it returns.
using RunConsumer = std::function<base::Status(std::span<const model::Run>, unsigned worker)>;

/// Runs from files, local ones and those of object stores: Parquet files, bulk-export folders in any layout, globs,
/// JSON of runs in the REST shape (v1 and v2): runs, pages and arrays of them one after the other, runs nested in runs.
/// Row formats: https://docs.langchain.com/langsmith/data-export and .../run-data-format
class RunSource {
 public:
  /// Finds and opens the files behind the arguments, in a fixed order. Other files in a folder are left alone and
  /// counted; files that cannot be read are problems of the reading, if there are others. Errors, of the first bad file
  /// when there is no good one: k_not_found (nothing there), k_usage (no file), k_io, k_bad_format (neither Parquet nor
  /// JSON, or no runs), k_missing_column (a table without a column that cannot be done without), those of object
  /// stores: a file there that fails is none that is left out.
  [[nodiscard]] static base::Result<RunSource> open(const std::vector<std::string>& arguments,
                                                    const std::vector<StreamSource>& streams = {},
                                                    const store::Settings& settings = {});
  ~RunSource();
  RunSource(RunSource&&) noexcept;

  [[nodiscard]] const std::vector<SourceFile>& files() const;
  [[nodiscard]] std::uint64_t other_files() const;

  /// Reads all runs. The consumer is called from `threads` workers at once, in no particular order. A row that is no
  /// run, or that cannot be decoded, is a problem and is counted in `rows_refused`; unreadable files, and columns that
  /// are missing or hold something else, are problems. Errors: those of streams, the consumer's, k_interrupted, k_io (a
  /// file changed since it was opened).
  [[nodiscard]] base::Status read(const ReadControl& control, const RunConsumer& consumer);

  /// Rows met and rows refused by the last `read`.
  [[nodiscard]] std::uint64_t rows_read() const;
  [[nodiscard]] std::uint64_t rows_refused() const;

 private:
  struct Impl;
  explicit RunSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::langsmith
