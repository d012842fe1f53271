#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "columnar/stream.h"
#include "langsmith/reading.h"
#include "store/settings.h"

namespace trajectory::langsmith {

/// A table in memory or elsewhere that can be read as an Arrow stream, from its beginning at each call.
struct StreamSource {
  std::string name;  ///< for messages
  std::function<base::Result<columnar::StreamReader>()> open;
};

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

  /// What is read as a whole, by number: a row group, a stretch of a JSON text, a stream. The unit of a place.
  [[nodiscard]] std::uint32_t unit_of(model::Place place) const;
  [[nodiscard]] std::size_t units() const;
  /// Rows of these units, of all for null; 0 when a file does not say.
  [[nodiscard]] std::uint64_t known_rows(const std::vector<bool>* units) const;

  /// Reads the runs of all units, or of those that `control` names. The consumer is called from `threads` workers at
  /// once, in no particular order. A row that is no run, or that cannot be decoded, is a problem and is counted in
  /// `rows_refused`; unreadable files, and columns that are missing or hold something else, are problems. Errors: those
  /// of streams, the consumer's, k_io (a file changed since it was opened).
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
