#include "pipeline/select.h"

#include <algorithm>

namespace trajectory::pipeline {

namespace {

std::optional<model::Micros> start_of(const build::Trace& trace) { return trace.runs[trace.root].start_time; }
std::optional<model::Micros> start_of(const PlannedTrace& trace) { return trace.start; }
std::uint64_t runs_of(const build::Trace& trace) { return trace.runs.size(); }
std::uint64_t runs_of(const PlannedTrace& trace) { return trace.runs; }

bool in_window(std::optional<model::Micros> start, const Selection& selection) {
  if (selection.since && start.value_or(INT64_MIN) < *selection.since) return false;
  return !selection.until || start.value_or(INT64_MAX) < *selection.until;
}

}  // namespace

template <class Conversation>
std::vector<Conversation> select(std::vector<Conversation> conversations, const Selection& selection,
                                 std::map<std::string, std::uint64_t>& set_aside) {
  const auto put_aside = [&](const std::string& rule, const auto& trace) { set_aside[rule] += runs_of(trace); };
  std::vector<Conversation> out;
  for (Conversation& conversation : conversations) {
    const auto& ids = selection.conversations;
    const bool other_project = !selection.project.empty() && conversation.project_id != selection.project;
    const bool not_selected = !ids.empty() && std::find(ids.begin(), ids.end(), conversation.id) == ids.end();
    if (other_project || not_selected) {
      for (const auto& trace : conversation.traces)
        put_aside(other_project ? "other_project" : "conversation_not_selected", trace);
      continue;
    }
    std::erase_if(conversation.traces, [&](const auto& trace) {
      if (in_window(start_of(trace), selection)) return false;
      put_aside("trace_outside_window", trace);
      return true;
    });
    if (conversation.traces.empty()) continue;
    if (selection.limit && out.size() >= *selection.limit) {
      for (const auto& trace : conversation.traces) put_aside("beyond_limit", trace);
      continue;
    }
    out.push_back(std::move(conversation));
  }
  return out;
}

template std::vector<build::Conversation> select(std::vector<build::Conversation>, const Selection&,
                                                 std::map<std::string, std::uint64_t>&);
template std::vector<PlannedConversation> select(std::vector<PlannedConversation>, const Selection&,
                                                 std::map<std::string, std::uint64_t>&);

base::Status check_window(const Selection& selection) {
  if (!selection.since || !selection.until || *selection.since < *selection.until) return {};
  return base::Error(base::ErrorCode::k_usage, "the window is empty: since has to be before until");
}

template <class Conversation>
base::Result<std::vector<model::Problem>> not_found(const std::vector<Conversation>& conversations,
                                                    const Selection& selection) {
  const auto is_there = [&](const std::string& wanted, std::string Conversation::* field) {
    return std::any_of(conversations.begin(), conversations.end(),
                       [&](const Conversation& conversation) { return conversation.*field == wanted; });
  };
  if (!selection.project.empty() && !is_there(selection.project, &Conversation::project_id))
    return base::Error(base::ErrorCode::k_not_found,
                       "no trace of the source has its root in this project: inspect lists the projects")
        .with(selection.project);
  std::vector<model::Problem> out;
  for (const std::string& id : selection.conversations)
    if (!is_there(id, &Conversation::id))
      out.push_back(
          {"conversation_not_found", model::Severity::k_refused, id, "no conversation of the source has this id"});
  if (!out.empty() && out.size() == selection.conversations.size())
    return base::Error(base::ErrorCode::k_not_found,
                       "no conversation of the source has this id: import all of them once to see which there are")
        .with(out.front().place);
  return out;
}

template base::Result<std::vector<model::Problem>> not_found(const std::vector<build::Conversation>&, const Selection&);
template base::Result<std::vector<model::Problem>> not_found(const std::vector<PlannedConversation>&, const Selection&);

}  // namespace trajectory::pipeline
