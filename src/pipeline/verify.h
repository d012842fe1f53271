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
  std::uint64_t messages_differing = 0;  ///< from the outputs of the run that they came from
  std::uint64_t incomplete_chains = 0;   ///< stateful calls whose predecessor is not in the source: not compared
  std::uint64_t not_in_source = 0;       ///< calls of the dataset whose run the source lacks
  std::uint64_t not_in_dataset = 0;      ///< model runs of the dataset's traces that no call of it stands for
  model::ProblemTallies differences;     ///< by shape; the place is the run
  unsigned passes = 1;                   ///< over the source

  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t exact() const;
  [[nodiscard]] std::uint64_t differing() const;

  [[nodiscard]] std::string json() const;
  /// A page for people.
  [[nodiscard]] std::string text() const;
};

/// Regenerates the input of every model call of a dataset (or JSON lines) and compares it with the payload in the
/// source, element by element. With a memory limit the source is read in several passes. Errors: those of the source
/// and the dataset, k_interrupted.
[[nodiscard]] base::Result<VerifyReport> verify(const ImportOptions& options, const std::string& dataset,
                                                const Hooks& hooks);

}  // namespace trajectory::pipeline
