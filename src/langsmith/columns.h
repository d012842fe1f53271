#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/cells.h"
#include "model/problem.h"

namespace trajectory::langsmith {

/// What a run's column may hold.
enum class ColumnUse : std::uint8_t { k_text, k_time, k_count, k_cost };

/// One column of the export that a run is made of.
struct RunColumn {
  std::string_view name;
  ColumnUse use;
  model::Severity severity = model::Severity::k_note;  ///< of its absence
  std::string_view consequence;                        ///< of its absence; empty: an import cannot do without it
};

/// In the order of `RowBatch::columns`. Of the three that place a run, one is enough.
inline constexpr auto k_run_columns = std::to_array<RunColumn>({
    {"id", ColumnUse::k_text, {}, {}},
    {"trace_id", ColumnUse::k_text, {}, {}},
    {"parent_run_id", ColumnUse::k_text, model::Severity::k_note, "parents come from the other columns"},
    {"session_id", ColumnUse::k_text, model::Severity::k_warning, "all runs are taken as one project's"},
    {"name", ColumnUse::k_text, model::Severity::k_warning, "tools and agents have no names of their own"},
    {"status", ColumnUse::k_text, model::Severity::k_note, "a run's state comes from its error and its end"},
    {"error", ColumnUse::k_text, model::Severity::k_warning, "error texts are not known"},
    {"dotted_order", ColumnUse::k_text, model::Severity::k_warning,
     "the order of runs that started at one moment is a guess"},
    {"run_type", ColumnUse::k_text, model::Severity::k_warning, "what a run is comes from its payload"},
    {"start_time", ColumnUse::k_time, model::Severity::k_warning, "runs are ordered without it"},
    {"end_time", ColumnUse::k_time, model::Severity::k_note, "durations are not known"},
    {"inputs", ColumnUse::k_text, {}, {}},
    {"outputs", ColumnUse::k_text, {}, {}},
    {"extra", ColumnUse::k_text, model::Severity::k_warning,
     "thread keys, tools and parameters are not known: every trace is a conversation of its own"},
    {"parent_run_ids", ColumnUse::k_text, model::Severity::k_note, "ancestors come from the other columns"},
    {"feedback_stats", ColumnUse::k_text, model::Severity::k_note, "there are no rewards"},
    {"prompt_tokens", ColumnUse::k_count, model::Severity::k_note, "tokens come from the payloads alone"},
    {"completion_tokens", ColumnUse::k_count, model::Severity::k_note, "tokens come from the payloads alone"},
    {"total_tokens", ColumnUse::k_count, model::Severity::k_note, "tokens come from the payloads alone"},
    {"total_cost", ColumnUse::k_cost, model::Severity::k_note, "costs are not known"},
});

/// How a table's columns fit.
struct ColumnFit {
  /// To read, in the order of `k_run_columns`; an empty name where the table lacks the column or it is unreadable.
  std::vector<std::string_view> names;
  std::vector<std::string> missing;  ///< without a column of that name
  std::vector<model::Problem> unreadable;
};

/// Compares the columns of the table `path` with what a run needs. Errors: k_missing_column (one that an import cannot
/// do without is missing, or holds something else).
[[nodiscard]] base::Result<ColumnFit> fit_columns(const std::vector<columnar::ColumnInfo>& columns,
                                                  const std::string& path);

/// What the absence of columns from some of the files means, one problem a column.
[[nodiscard]] std::vector<model::Problem> missing_columns(const std::vector<std::vector<std::string>>& by_file);

}  // namespace trajectory::langsmith
