#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/census.h"
#include "model/problem_log.h"
#include "model/trajectory.h"
#include "pipeline/report_text.h"

namespace trajectory::pipeline {

/// What was read, used, left out and why. The numbers add up: rows read = runs used + runs set aside + rows refused.
struct ImportReport {
  std::vector<ReportFile> files;
  std::uint64_t other_files = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_refused = 0;
  std::map<std::string, std::uint64_t> runs_used;       ///< by use
  std::map<std::string, std::uint64_t> runs_set_aside;  ///< by rule

  std::uint64_t text_without_model_call = 0;  ///< bytes of text in roots of traces without any model call

  std::uint64_t conversations = 0;
  std::uint64_t turns = 0;
  std::uint64_t messages = 0;         ///< on main lines
  std::uint64_t messages_beside = 0;  ///< in sub-agents, helpers and alternatives
  std::uint64_t model_calls = 0;      ///< on all lines, like those that follow
  std::uint64_t failed_calls = 0;     ///< of them, without an answer
  std::uint64_t tool_calls = 0;
  std::uint64_t subagents = 0;
  std::uint64_t auxiliary = 0;
  std::uint64_t alternatives = 0;
  std::int64_t total_tokens = 0;
  model::Picos total_cost = 0;

  std::map<std::string, std::uint64_t> calls_by_shape;
  std::map<std::string, std::uint64_t> replayed_by_shape;
  std::uint64_t incomplete_chains = 0;
  messages::Census census;
  model::ProblemTallies problems;

  unsigned passes = 1;  ///< over the source; more than one when memory was short
  double seconds = 0;
  std::uint64_t peak_memory = 0;  ///< bytes, of this process

  void count(const model::Trajectory& trajectory);
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] std::uint64_t set_aside() const;
  [[nodiscard]] bool adds_up() const { return rows_read == used() + set_aside() + rows_refused && census.adds_up(); }
  /// Problems by which something was left out: rows, cells, files, outputs.
  [[nodiscard]] std::uint64_t refused() const;
  /// The same in words, "2 rows refused, 1 cell not readable".
  [[nodiscard]] std::string refusals() const;

  [[nodiscard]] std::string json() const;
  /// A page for people.
  [[nodiscard]] std::string text() const;
};

}  // namespace trajectory::pipeline
