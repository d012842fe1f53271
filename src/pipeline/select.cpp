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

std::vector<model::Problem> not_found(const std::vector<build::Conversation>& conversations,
                                      const Selection& selection) {
  std::vector<model::Problem> out;
  const auto look = [&](const std::string& wanted, std::string build::Conversation::* field, const char* kind,
                        const char* detail) {
    if (std::none_of(conversations.begin(), conversations.end(),
                     [&](const build::Conversation& c) { return c.*field == wanted; }))
      out.push_back({kind, model::Severity::k_warning, wanted, detail});
  };
  if (!selection.project.empty())
    look(selection.project, &build::Conversation::project_id, "project_not_found",
         "no trace of the source has its root in this project: inspect lists them");
  for (const std::string& id : selection.conversations)
    look(id, &build::Conversation::id, "conversation_not_found", "no conversation of the source has this id");
  return out;
}

}  // namespace trajectory::pipeline
