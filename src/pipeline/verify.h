#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pipeline/import.h"

namespace trajectory::pipeline {

struct VerifyReport {
  std::uint64_t trajectories = 0;
  std::map<std::string, std::uint64_t> calls_by_shape;
  std::map<std::string, std::uint64_t> replayed_by_shape;
  std::uint64_t incomplete_chains = 0;
  std::uint64_t not_in_source = 0;                    ///< calls of the dataset whose run the source lacks
  std::map<std::string, model::ProblemTally> differences;
  [[nodiscard]] std::uint64_t differing() const;
};

/// Regenerates the input of every model call of a dataset (or JSON lines) and compares it with the payload in the source.
/// Errors: those of the source and the dataset, k_interrupted.
[[nodiscard]] base::Result<VerifyReport> verify(const ImportOptions& options, const std::string& dataset, const Hooks& hooks);

}  // namespace trajectory::pipeline
