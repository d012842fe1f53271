#include "pipeline/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/decimal.h"
#include "json/write.h"
#include "pipeline/report_text.h"

namespace trajectory::pipeline {

namespace {

/// How many examples of a problem the page shows.
constexpr std::size_t k_shown = 3;

/// What was left out by a problem that costs no row.
struct Refusal {
  std::string_view kind;
  std::string_view one;
  std::string_view many;
};

constexpr auto k_refusals = std::to_array<Refusal>({
    {"invalid_json", "cell not readable", "cells not readable"},
    {"unreadable_file", "file not readable", "files not readable"},
    {"file_too_large", "file too large to write", "files too large to write"},
    {"conversation_not_found", "named conversation not found", "named conversations not found"},
});

/// Adds up what lanes hold, whatever their depth.
class LaneCounter {
 public:
  explicit LaneCounter(ImportReport& report) : report_(report) {}

  void lane(const model::Lane& lane, std::uint64_t& messages) {
    count(lane.messages, lane.calls, messages);
    report_.alternatives += lane.alternatives.size();
    for (const model::Alternative& path : lane.alternatives) count(path.messages, path.calls, report_.messages_beside);
    report_.subagents += lane.subagents.size();
    for (const model::Lane& agent : lane.subagents) this->lane(agent, report_.messages_beside);
  }

 private:
  void count(const std::vector<model::TranscriptMessage>& list, const std::vector<model::ModelCall>& calls,
             std::uint64_t& messages) {
    messages += list.size();
    for (const model::TranscriptMessage& message : list) report_.tool_calls += message.message.tool_calls.size();
    report_.model_calls += calls.size();
    for (const model::ModelCall& call : calls) report_.failed_calls += call.answer ? 0 : 1;
  }

  ImportReport& report_;
};

std::string tally_json(const messages::Tally& tally) {
  return R"({"count": )" + std::to_string(tally.count) + R"(, "bytes": )" + std::to_string(tally.bytes) + "}";
}

std::string problem_json(const model::ProblemTally& tally) {
  std::string out = R"({"count": )" + std::to_string(tally.count) + R"(, "severity": ")" +
                    std::string(model::severity_name(tally.severity)) + R"(", "examples": [)";
  for (std::size_t i = 0; i < tally.examples.size(); ++i) {
    out.append(i > 0 ? ", " : "").append(R"({"place": )").append(json::quoted(tally.examples[i].place));
    out.append(R"(, "detail": )").append(json::quoted(tally.examples[i].detail)).append("}");
  }
  return out + "]}";
}

}  // namespace

void ImportReport::count(const model::Trajectory& t) {
  ++conversations;
  turns += t.trace_ids.size();
  LaneCounter counter(*this);
  counter.lane(t.main, messages);
  auxiliary += t.auxiliary.size();
  for (const model::Lane& helper : t.auxiliary) counter.lane(helper, messages_beside);
  total_tokens += t.usage.total_tokens.value_or(0);
  total_cost += t.usage.cost.value_or(0);
}

std::uint64_t ImportReport::used() const { return total_of(runs_used); }
std::uint64_t ImportReport::set_aside() const { return total_of(runs_set_aside); }

std::uint64_t ImportReport::refused() const {
  std::uint64_t total = 0;
  for (const auto& [kind, tally] : problems)
    if (tally.severity == model::Severity::k_refused) total += tally.count;
  return total;
}

std::string ImportReport::refusals() const {
  std::string out;
  if (rows_refused > 0) out = counted(rows_refused, "row") + " refused";
  for (const Refusal& refusal : k_refusals) {
    const auto found = problems.find(std::string(refusal.kind));
    if (found == problems.end() || found->second.severity != model::Severity::k_refused) continue;
    out.append(out.empty() ? "" : ", ").append(counted(found->second.count, refusal.one, refusal.many));
  }
  return out;
}

std::string ImportReport::json() const {
  JsonPage page;
  page.files("files", files);
  page.number("other_files", other_files);
  page.number("rows_read", rows_read);
  page.counts("runs_used", runs_used);
  page.counts("runs_set_aside", runs_set_aside);
  page.number("rows_refused", rows_refused);
  page.literal("adds_up", adds_up() ? "true" : "false");
  page.number("conversations", conversations);
  page.number("turns", turns);
  page.number("messages", messages);
  page.number("messages_beside_main_line", messages_beside);
  page.number("model_calls", model_calls);
  page.number("answered_model_calls", model_calls - failed_calls);
  page.number("failed_model_calls", failed_calls);
  page.number("tool_calls", tool_calls);
  page.number("subagents", subagents);
  page.number("auxiliary", auxiliary);
  page.number("alternatives", alternatives);
  page.literal("total_tokens", std::to_string(total_tokens));
  page.literal("total_cost", base::format_picos(total_cost));
  page.counts("calls_by_shape", calls_by_shape);
  page.counts("calls_replayed_exactly_by_shape", replayed_by_shape);
  page.number("calls_of_incomplete_chains", incomplete_chains);
  page.number("text_bytes", census.total_bytes);
  page.number("text_bytes_in_messages", census.message_bytes);
  page.number("text_bytes_in_parameters", census.parameter_bytes);
  page.number("text_of_traces_without_model_call", text_without_model_call);
  page.object("text_set_aside_by_key", census.set_aside, tally_json);
  page.object("text_under_unknown_keys", census.unknown, tally_json);
  page.object("problems", problems, problem_json);
  page.number("passes", passes);
  char seconds_text[32];
  std::snprintf(seconds_text, sizeof seconds_text, "%.3f", seconds);
  page.literal("seconds", seconds_text);
  page.number("peak_memory_bytes", peak_memory);
  return page.text();
}

std::string ImportReport::text() const {
  std::string out;
  const auto row = [&](std::string_view name, const std::string& value) {
    out.append("  ")
        .append(name)
        .append(std::string(name.size() < 22 ? 22 - name.size() : 1, ' '))
        .append(value)
        .append("\n");
  };
  std::uint64_t bytes = 0;
  for (const ReportFile& file : files) bytes += file.bytes;
  out.append("Import report\n");
  row("files", with_commas(files.size()) + " (" + human_bytes(bytes) + ")" +
                   (other_files > 0 ? ", " + counted(other_files, "other file") + " left alone" : ""));
  row("rows read", with_commas(rows_read) + " = " + with_commas(used()) + " used + " + with_commas(set_aside()) +
                       " set aside + " + with_commas(rows_refused) + " refused" +
                       (rows_read == used() + set_aside() + rows_refused ? "" : "  DOES NOT ADD UP"));
  if (!runs_used.empty()) row("  used as", list_of(runs_used));
  if (!runs_set_aside.empty()) row("  set aside by rule", list_of(runs_set_aside));
  row("conversations", with_commas(conversations) + " with " + counted(turns, "turn"));
  row("messages", with_commas(messages) + " on main lines" +
                      (messages_beside > 0 ? ", " + with_commas(messages_beside) + " beside them" : ""));
  row("model calls", with_commas(model_calls) + ": " + with_commas(model_calls - failed_calls) + " answered, " +
                         with_commas(failed_calls) + " failed");
  row("tool calls", with_commas(tool_calls));
  row("beside the main lines", counted(subagents, "sub-agent") + ", " + counted(auxiliary, "helper") + ", " +
                                   counted(alternatives, "alternative"));
  if (total_tokens > 0)
    row("tokens", with_commas(static_cast<std::uint64_t>(total_tokens)) +
                      (total_cost > 0 ? ", " + base::format_picos(total_cost) + " USD" : ""));
  std::string replay;
  for (const auto& [shape, count] : calls_by_shape) {
    const auto exact = replayed_by_shape.find(shape);
    replay.append(replay.empty() ? "" : ", ")
        .append(shape)
        .append(" ")
        .append(with_commas(exact == replayed_by_shape.end() ? 0 : exact->second))
        .append("/")
        .append(with_commas(count));
  }
  if (!replay.empty()) row("replayed exactly", replay);
  if (incomplete_chains > 0)
    row("incomplete chains", counted(incomplete_chains, "stateful call") + " whose predecessor is not in the source");
  const auto bytes_of = [](const auto& tallies) {
    std::uint64_t total = 0;
    for (const auto& [key, tally] : tallies) total += tally.bytes;
    return total;
  };
  row("text of model calls", human_bytes(census.total_bytes) +
                                 " distinct in what was read: " + human_bytes(census.message_bytes) + " in messages, " +
                                 human_bytes(census.parameter_bytes) + " in parameters, " +
                                 human_bytes(bytes_of(census.set_aside)) + " under keys that are no messages, " +
                                 human_bytes(bytes_of(census.unknown)) + " under unknown keys" +
                                 (census.adds_up() ? "" : "  DOES NOT ADD UP"));
  if (text_without_model_call > 0)
    row("text without a model",
        human_bytes(text_without_model_call) + " in roots of traces without any model call: in no message");
  for (const auto& [kind, tally] : problems) {
    row(std::string(model::severity_name(tally.severity)) + ": " + kind, with_commas(tally.count));
    std::size_t shown = 0;
    for (const model::Problem& example : tally.examples)
      if (example.severity != model::Severity::k_note && shown++ < k_shown)
        row("", example.place + ": " + example.detail);
  }
  for (const auto& [key, tally] : census.unknown)
    row("warning: unknown key", key + ", " + with_commas(tally.count) + " times, " + human_bytes(tally.bytes));
  char line[96];
  std::snprintf(
      line, sizeof line, "%.2f s, %s rows/s, peak memory %s", seconds,
      with_commas(seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(rows_read) / seconds) : 0).c_str(),
      human_bytes(peak_memory).c_str());
  row("time", line);
  return out;
}

}  // namespace trajectory::pipeline
