#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trajectory::model {

/// `k_unknown`: the export has no such column; the payload tells.
enum class RunType : std::uint8_t {
  k_llm,
  k_chain,
  k_tool,
  k_retriever,
  k_embedding,
  k_prompt,
  k_parser,
  k_other,
  k_unknown
};

inline constexpr std::array<std::string_view, 9> k_run_type_names{"llm",    "chain",  "tool",  "retriever", "embedding",
                                                                  "prompt", "parser", "other", "unknown"};

[[nodiscard]] constexpr std::string_view run_type_name(RunType type) {
  return k_run_type_names[static_cast<std::size_t>(type)];
}

/// Microseconds since 1970-01-01 UTC.
using Micros = std::int64_t;

/// Money in units of 1e-12 (one million is 1e18), exact.
using Picos = std::int64_t;

/// Where a run was read: an index into the source's list of files, and the zero-based row or line in it.
struct Place {
  std::uint32_t file = 0;
  std::uint64_t row = 0;
};

/// One LangSmith run, whatever source it came from: the canonical form. All texts are UTF-8 views that belong to the
/// batch they came in. Absent text is an empty view; the JSON texts are empty when the column is absent or null.
/// Column meanings: https://docs.langchain.com/langsmith/run-data-format
struct Run {
  std::string_view id;
  std::string_view trace_id;
  std::string_view parent_run_id;  ///< empty for a root
  std::string_view project_id;     ///< the `session_id` column
  std::string_view name;
  std::string_view status;  ///< success, error, pending
  std::string_view error;
  std::string_view dotted_order;
  RunType type = RunType::k_other;
  std::optional<Micros> start_time;
  std::optional<Micros> end_time;
  std::string_view inputs;          ///< JSON text
  std::string_view outputs;         ///< JSON text
  std::string_view extra;           ///< JSON text, holds `metadata`
  std::string_view parent_run_ids;  ///< JSON text, root first
  std::string_view feedback_stats;  ///< JSON text
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<std::int64_t> total_tokens;
  std::optional<Picos> total_cost;
  Place place;
};

}  // namespace trajectory::model
