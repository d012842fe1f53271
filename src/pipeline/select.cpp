#include "pipeline/select.h"

#include <algorithm>

namespace trajectory::pipeline {

namespace {

bool in_window(const build::Trace& trace, const Selection& selection) {
  const auto start = trace.runs[trace.root].start_time;
  if (selection.since && start.value_or(INT64_MIN) < *selection.since) return false;
  return !selection.until || start.value_or(INT64_MAX) < *selection.until;
}

}  // namespace

std::vector<build::Conversation> select(std::vector<build::Conversation> conversations, const Selection& selection,
                                        std::map<std::string, std::uint64_t>& set_aside) {
  const auto put_aside = [&](const std::string& rule, const build::Trace& trace) {
    set_aside[rule] += trace.runs.size();
  };
  std::vector<build::Conversation> out;
  for (build::Conversation& conversation : conversations) {
    const auto& ids = selection.conversations;
    const bool other_project = !selection.project.empty() && conversation.project_id != selection.project;
    const bool not_selected = !ids.empty() && std::find(ids.begin(), ids.end(), conversation.id) == ids.end();
    if (other_project || not_selected) {
      for (const build::Trace& trace : conversation.traces)
        put_aside(other_project ? "other_project" : "conversation_not_selected", trace);
      continue;
    }
    std::erase_if(conversation.traces, [&](const build::Trace& trace) {
      if (in_window(trace, selection)) return false;
      put_aside("trace_outside_window", trace);
      return true;
    });
    if (conversation.traces.empty()) continue;
    if (selection.limit && out.size() >= *selection.limit) {
      for (const build::Trace& trace : conversation.traces) put_aside("beyond_limit", trace);
      continue;
    }
    out.push_back(std::move(conversation));
  }
  return out;
}

base::Status check_window(const Selection& selection) {
  if (!selection.since || !selection.until || *selection.since < *selection.until) return {};
  return base::Error(base::ErrorCode::k_usage, "the window is empty: since has to be before until");
}

base::Result<std::vector<model::Problem>> not_found(const std::vector<build::Conversation>& conversations,
                                                    const Selection& selection) {
  const auto is_there = [&](const std::string& wanted, std::string build::Conversation::* field) {
    return std::any_of(conversations.begin(), conversations.end(),
                       [&](const build::Conversation& c) { return c.*field == wanted; });
  };
  if (!selection.project.empty() && !is_there(selection.project, &build::Conversation::project_id))
    return base::Error(base::ErrorCode::k_not_found,
                       "no trace of the source has its root in this project: inspect lists the projects")
        .with(selection.project);
  std::vector<model::Problem> out;
  for (const std::string& id : selection.conversations)
    if (!is_there(id, &build::Conversation::id))
      out.push_back(
          {"conversation_not_found", model::Severity::k_refused, id, "no conversation of the source has this id"});
  if (!out.empty() && out.size() == selection.conversations.size())
    return base::Error(base::ErrorCode::k_not_found,
                       "no conversation of the source has this id: import all of them once to see which there are")
        .with(out.front().place);
  return out;
}

}  // namespace trajectory::pipeline
