#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "build/build.h"
#include "langsmith/source.h"
#include "model/problem_log.h"
#include "pipeline/import.h"
#include "pipeline/read_facts.h"
#include "pipeline/report.h"
#include "pipeline/select.h"

namespace trajectory::pipeline {

/// What the stages of an import tell, on its way to the report. Not thread-safe.
class ImportNotes {
 public:
  explicit ImportNotes(const ImportOptions& options) : options_(options) {}

  /// What a reading of the whole source tells of its rows.
  void take_rows(const langsmith::RunSource& source, const model::ProblemTallies& problems);
  /// A source that has rows, and no usable one, is an error and no empty dataset. Errors: k_bad_format.
  [[nodiscard]] base::Status check_usable(bool empty) const;
  /// The conversations, whole or planned, that the options select. Errors: k_not_found.
  template <class Conversation>
  [[nodiscard]] base::Result<std::vector<Conversation>> selected(std::vector<Conversation> conversations) {
    const auto missing = not_found(conversations, options_.selection);
    if (!missing) return missing.error();
    for (const model::Problem& problem : *missing) problems_.add(problem);
    return select(std::move(conversations), options_.selection, report_.runs_set_aside);
  }
  /// What the payloads of conversations that are built tell. A row in whose place another counts is none of theirs.
  void take_payloads(const Facts& facts, const std::vector<build::Conversation>& conversations);
  void take_figures(const build::BuildFigures& figures);
  void take_trajectory(const model::Trajectory& trajectory) { report_.count(trajectory); }

  /// `passes`: over the source.
  [[nodiscard]] ImportReport finish(unsigned passes);

 private:
  void check_payloads();

  const ImportOptions& options_;
  ImportReport report_;
  model::ProblemLog problems_;
  std::uint64_t inputs_ = 0;  ///< model calls of conversations that are built
  std::uint64_t without_input_ = 0;
};

}  // namespace trajectory::pipeline
