#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/import.h"

namespace trajectory::pipeline {

/// What a source holds.
struct Inspection {
  std::vector<ReportFile> files;
  std::uint64_t other_files = 0;
  std::uint64_t rows = 0;
  std::uint64_t rows_refused = 0;
  std::optional<model::Micros> first_start;
  std::optional<model::Micros> last_start;
  std::map<std::string, std::uint64_t> rows_by_project;
  std::uint64_t traces = 0;
  std::uint64_t conversations = 0;
  std::map<std::string, std::uint64_t> conversations_by_key;  ///< metadata key, or "trace id"
  std::map<std::string, std::uint64_t> rows_by_type;
  std::map<std::string, std::uint64_t> calls_by_shape;
  model::ProblemTallies problems;

  [[nodiscard]] std::string json() const;
  [[nodiscard]] std::string text() const;
};

/// Looks a source over without building anything. It holds what places the runs, not what they say. Errors: those of
/// the source, k_interrupted.
[[nodiscard]] base::Result<Inspection> inspect(const ImportOptions& options, const Hooks& hooks);

}  // namespace trajectory::pipeline
