#include "build/forms.h"

#include <algorithm>

#include "build/align.h"
#include "json/value.h"
#include "json/write.h"

namespace trajectory::build {

namespace {

using model::Message;
using model::Role;
using model::ToolCall;

bool same_arguments(const std::string& a, const std::string& b) {
  if (a == b) return true;
  json::Parser parser;
  std::string canonical_a;
  if (const auto parsed = parser.parse(a)) json::append_canonical(canonical_a, **parsed);
  std::string canonical_b;
  if (const auto parsed = parser.parse(b)) json::append_canonical(canonical_b, **parsed);
  return !canonical_a.empty() && canonical_a == canonical_b;
}

bool contradicts(const std::string& kept, const std::string& shown) { return !shown.empty() && kept != shown; }

std::string_view calls_difference(const std::vector<ToolCall>& kept, const std::vector<ToolCall>& shown) {
  if (kept.size() != shown.size()) return "number of tool calls";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].name != shown[i].name) return "tool name";
    if (contradicts(kept[i].id, shown[i].id)) return "tool call id";
    if (!same_arguments(kept[i].arguments, shown[i].arguments)) return "arguments";
  }
  return {};
}

/// A tool's name may come from the call that it answers; anybody else's is part of what the model reads.
bool differs_in_name(const Message& kept, const Message& shown) {
  return kept.role == Role::k_tool ? contradicts(kept.name, shown.name) : kept.name != shown.name;
}

/// Whether a call's arguments are no JSON object, as in `MessageEntry::calls_are_broken`.
bool calls_are_broken(const Message& message) {
  json::Parser parser;
  return std::any_of(message.tool_calls.begin(), message.tool_calls.end(), [&](const model::ToolCall& call) {
    const auto parsed = parser.parse(call.arguments);
    return !parsed || !(*parsed)->is_object();
  });
}

}  // namespace

std::string_view form_difference(const Message& kept, const Message& shown) {
  if (kept.role != shown.role) return "role";
  if (kept.content != shown.content) return "text";
  if (kept.parts != shown.parts) return "parts";
  if (const std::string_view what = calls_difference(kept.tool_calls, shown.tool_calls); !what.empty()) return what;
  if (contradicts(kept.tool_call_id, shown.tool_call_id)) return "tool call id";
  if (differs_in_name(kept, shown)) return "name";
  if (contradicts(kept.reasoning, shown.reasoning)) return "reasoning";
  if (contradicts(kept.error, shown.error)) return "error";
  return {};
}

std::string_view answer_difference(const model::TranscriptMessage& answer, const Message& said) {
  const Message& kept = answer.message;
  if (answer.origin.kind == model::OriginKind::k_verbatim) return form_difference(kept, said);
  if (kept == said) return {};
  Message completed = said;
  if (said.name.empty()) completed.name = kept.name;
  if (said.content.empty()) completed.content = kept.content;
  if (said.parts.empty()) completed.parts = kept.parts;
  if (calls_are_broken(said)) {
    completed.content = kept.content;
    completed.parts = kept.parts;
    completed.tool_calls = kept.tool_calls;
  } else if (said.content.empty() && said.tool_calls.empty()) {
    completed.tool_calls = kept.tool_calls;
  }
  for (std::size_t i = 0; i < std::min(kept.tool_calls.size(), completed.tool_calls.size()); ++i)
    if (completed.tool_calls[i].arguments == "{}") completed.tool_calls[i].arguments = kept.tool_calls[i].arguments;
  return form_difference(kept, completed);
}

model::Variant variant_of(const Message& kept, const Message& shown) {
  model::Variant out{shown.content, shown.parts};
  if (!calls_difference(kept.tool_calls, shown.tool_calls).empty()) {
    out.tool_calls = shown.tool_calls;
    for (std::size_t i = 0; i < std::min(kept.tool_calls.size(), shown.tool_calls.size()); ++i)
      if (std::string& id = (*out.tool_calls)[i].id; id.empty()) id = kept.tool_calls[i].id;
  }
  if (contradicts(kept.tool_call_id, shown.tool_call_id)) out.tool_call_id = shown.tool_call_id;
  if (differs_in_name(kept, shown)) out.name = shown.name;
  if (contradicts(kept.reasoning, shown.reasoning)) out.reasoning = shown.reasoning;
  if (contradicts(kept.error, shown.error)) out.error = shown.error;
  return out;
}

}  // namespace trajectory::build
