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

std::vector<build::Conversation> select(std::vector<build::Conversation> conversations, const Selection& selection, std::map<std::string, std::uint64_t>& set_aside) {
  const auto put_aside = [&](const std::string& rule, const build::Trace& trace) { set_aside[rule] += trace.runs.size(); };
  std::vector<build::Conversation> out;
  for (build::Conversation& conversation : conversations) {
    const auto& ids = selection.conversations;
    const bool other_project = !selection.project.empty() && conversation.project_id != selection.project;
    const bool not_selected = !ids.empty() && std::find(ids.begin(), ids.end(), conversation.id) == ids.end();
    if (other_project || not_selected) {
      for (const build::Trace& trace : conversation.traces) put_aside(other_project ? "other_project" : "conversation_not_selected", trace);
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

}  // namespace trajectory::pipeline
