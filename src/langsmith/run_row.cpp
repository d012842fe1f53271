#include "langsmith/run_row.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/decimal.h"
#include "base/text.h"
#include "base/time.h"

namespace trajectory::langsmith {

namespace {

using columnar::Cell;
using model::RunType;

/// v1 writes lower case, v2 upper case.
RunType type_of(std::string_view text) {
  if (text.empty()) return RunType::k_unknown;
  const std::string name = base::lower_ascii(text);
  const auto names = model::k_run_type_names;
  const auto known = static_cast<RunType>(std::find(names.begin(), names.end(), name) - names.begin());
  return known < RunType::k_other ? known : RunType::k_other;
}

std::string_view status_of(std::string_view text) {
  const std::string name = base::lower_ascii(text);
  for (const std::string_view known : {"success", "error", "pending"})
    if (known == name) return known;
  return text;
}

/// Some exports wrap identifiers in double quotes.
std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::string_view not_null(std::string_view json_text) { return json_text == "null" ? std::string_view() : json_text; }

/// Hands times on, and the names of columns whose value is none.
class TimeReader {
 public:
  explicit TimeReader(UnreadableTimes& unreadable) : unreadable_(unreadable) {}

  std::optional<model::Micros> read(const Cell& cell, std::string_view name) {
    if (cell.text.data() != nullptr) return read(cell.text, name);
    if (cell.flag) tell(name);
    return cell.present ? std::optional(cell.integer) : std::nullopt;
  }

  std::optional<model::Micros> read(const json::Value& value, std::string_view name) {
    if (value.is_string()) return read(value.text(), name);
    if (!value.is_null()) tell(name);
    return std::nullopt;
  }

 private:
  std::optional<model::Micros> read(std::string_view text, std::string_view name) {
    const std::string_view inside = unquoted(text);
    const auto time = base::parse_time(inside);
    if (!time && !inside.empty() && inside != "null") tell(name);
    return time;
  }

  void tell(std::string_view name) { unreadable_[unreadable_[0].empty() ? 0 : 1] = name; }

  UnreadableTimes& unreadable_;
};

std::optional<std::int64_t> integer_of(const Cell& cell) {
  if (!cell.present) return std::nullopt;
  if (cell.text.data() == nullptr) return cell.integer != 0 ? cell.integer : static_cast<std::int64_t>(cell.real);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(cell.text.data(), cell.text.data() + cell.text.size(), out);
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

std::optional<model::Picos> cost_of(const Cell& cell) {
  if (!cell.present) return std::nullopt;
  return cell.text.data() != nullptr ? base::parse_picos(cell.text) : base::picos_from_double(cell.real);
}

std::optional<std::int64_t> integer_of(const json::Value& value) {
  return value.is_number() ? std::optional(value.integer()) : std::nullopt;
}

/// v1 writes costs as decimal text, v2 as numbers.
std::optional<model::Picos> cost_of(const json::Value& value) {
  if (value.is_string()) return base::parse_picos(value.text());
  return value.is_number() ? base::parse_picos(value.text()) : std::nullopt;
}

/// Payload columns: JSON values as their text; a JSON text inside a string as that text.
std::string_view payload(const json::Value& value) {
  if (value.is_null()) return {};
  if (value.is_string() && !value.text().empty() && (value.text().front() == '{' || value.text().front() == '['))
    return value.text();
  return value.raw();
}

/// The last of a list of ids, the direct parent: v2 gives the list alone.
std::string_view last_id(std::string_view list) {
  const std::size_t end = list.rfind('"');
  if (end == std::string_view::npos || end == 0) return {};
  const std::size_t begin = list.rfind('"', end - 1);
  return begin == std::string_view::npos ? std::string_view() : list.substr(begin + 1, end - begin - 1);
}

}  // namespace

model::Run run_from_row(const columnar::RowBatch& batch, std::size_t row, UnreadableTimes& unreadable) {
  std::size_t at = 0;
  const auto next = [&]() -> const Cell& { return batch.columns[at++][row]; };
  const auto text = [&] { return next().text; };
  TimeReader times(unreadable);
  model::Run run;
  run.id = unquoted(text());
  run.trace_id = unquoted(text());
  run.parent_run_id = unquoted(text());
  run.project_id = unquoted(text());
  run.name = text();
  run.status = status_of(text());
  run.error = text();
  run.dotted_order = unquoted(text());
  run.type = type_of(text());
  run.start_time = times.read(next(), "start_time");
  run.end_time = times.read(next(), "end_time");
  run.inputs = not_null(text());
  run.outputs = not_null(text());
  run.extra = not_null(text());
  run.parent_run_ids = not_null(text());
  run.feedback_stats = not_null(text());
  run.prompt_tokens = integer_of(next());
  run.completion_tokens = integer_of(next());
  run.total_tokens = integer_of(next());
  run.total_cost = cost_of(next());
  return run;
}

model::Run run_from_json(const json::Value& o, std::deque<std::string>& kept, UnreadableTimes& unreadable) {
  TimeReader times(unreadable);
  model::Run run;
  run.id = unquoted(o["id"].string());
  run.trace_id = unquoted(o["trace_id"].string());
  run.parent_run_id = unquoted(o["parent_run_id"].string());
  run.project_id = unquoted(o["session_id"].is_string() ? o["session_id"].text() : o["project_id"].string());
  run.name = o["name"].string();
  run.status = status_of(o["status"].string());
  run.error = o["error"].string();
  run.dotted_order = unquoted(o["dotted_order"].string());
  run.type = type_of(o["run_type"].string());
  run.start_time = times.read(o["start_time"], "start_time");
  run.end_time = times.read(o["end_time"], "end_time");
  run.inputs = payload(o["inputs"]);
  run.outputs = payload(o["outputs"]);
  run.extra = payload(o["extra"]);
  if (run.extra.empty() && o["metadata"].is_object())
    run.extra = kept.emplace_back(R"({"metadata":)" + std::string(o["metadata"].raw()) + "}");
  run.parent_run_ids = payload(o["parent_run_ids"]);
  if (!o.has("parent_run_id")) run.parent_run_id = last_id(run.parent_run_ids);
  run.feedback_stats = payload(o["feedback_stats"]);
  run.prompt_tokens = integer_of(o["prompt_tokens"]);
  run.completion_tokens = integer_of(o["completion_tokens"]);
  run.total_tokens = integer_of(o["total_tokens"]);
  run.total_cost = cost_of(o["total_cost"]);
  return run;
}

}  // namespace trajectory::langsmith
