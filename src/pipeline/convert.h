#pragma once

#include <cstdint>
#include <string>

#include "pipeline/import.h"

namespace trajectory::pipeline {

struct ConvertReport {
  std::uint64_t trajectories = 0;
  model::ProblemTallies problems;
};

/// Writes a dataset, or JSON lines, in other forms: the same bytes as a direct import (report.json aside).
/// Errors: those of `record::read_trajectories`, k_exists, k_io, k_interrupted.
[[nodiscard]] base::Result<ConvertReport> convert(const std::string& from, const OutputOptions& output,
                                                  const Hooks& hooks);

}  // namespace trajectory::pipeline
