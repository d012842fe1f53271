#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "langsmith/run_row.h"
#include "langsmith/source.h"

namespace trajectory::langsmith {

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

  /// Hands on the runs of so many rows of a file. Errors: k_interrupted, the consumer's.
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
