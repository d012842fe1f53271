#include "build/replay.h"

namespace trajectory::build {

namespace {

/// Compares one element; returns what differs, or nothing.
std::string_view difference(const model::Message& m, const model::Variant* variant, const model::Message& recorded) {
  if (m.role != recorded.role) return "role";
  if ((variant == nullptr ? m.content : variant->content) != recorded.content) return "text";
  if ((variant == nullptr ? m.parts : variant->parts) != recorded.parts) return "parts";
  if (m.tool_calls.size() != recorded.tool_calls.size()) return "tool calls";
  for (std::size_t i = 0; i < m.tool_calls.size(); ++i) {
    if (m.tool_calls[i].name != recorded.tool_calls[i].name) return "tool name";
    if (!recorded.tool_calls[i].id.empty() && m.tool_calls[i].id != recorded.tool_calls[i].id) return "tool call id";
  }
  if (!recorded.tool_call_id.empty() && m.tool_call_id != recorded.tool_call_id) return "tool call id";
  return {};
}

}  // namespace

std::string replay_difference(const std::vector<const model::TranscriptMessage*>& messages,
                              const model::ModelCall& call, const messages::CallFacts& recorded_call,
                              const messages::MessageTable& table) {
  std::vector<std::uint32_t> places = model::places_in(call.context);
  std::vector<const model::Message*> recorded;
  if (recorded_call.input.empty() && !recorded_call.is_stateful()) return {};  // nothing to compare with
  for (const messages::MessageId id : recorded_call.input) recorded.push_back(&table.get(id).message);

  if (recorded_call.is_stateful()) {
    std::size_t systems = 0;
    while (systems < recorded.size() && recorded[systems]->role == model::Role::k_system) ++systems;
    if (places.size() < recorded.size()) return "number of messages";
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(systems),
                 places.end() - static_cast<std::ptrdiff_t>(recorded.size() - systems));
  }
  if (recorded.size() > places.size() && call.answer) {
    const model::Message& answer = messages[*call.answer]->message;
    const model::Message& next = *recorded[places.size()];
    if (next.role == answer.role && next.content == answer.content &&
        next.tool_calls.size() == answer.tool_calls.size())
      recorded.resize(places.size());
  }
  if (places.size() != recorded.size()) return "number of messages";
  for (std::size_t j = 0; j < recorded.size(); ++j) {
    const auto variant = call.variants.find(places[j]);
    const std::string_view what = difference(messages[places[j]]->message,
                                             variant == call.variants.end() ? nullptr : &variant->second, *recorded[j]);
    if (!what.empty()) return std::string("message ").append(std::to_string(j)).append(": ").append(what);
  }
  return {};
}

void replay(const Work& work, const model::Lane& lane, const std::vector<CallId>& calls, BuildFigures& figures) {
  std::vector<const model::TranscriptMessage*> messages;
  for (const model::TranscriptMessage& message : lane.messages) messages.push_back(&message);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = work.calls[calls[i]];
    if (call.incomplete) {
      ++figures.incomplete_chains;
      continue;
    }
    const std::string shape(call.facts->shape);
    ++figures.calls_by_shape[shape];
    const std::string what = replay_difference(messages, lane.calls[i], *call.facts, work.tables.messages);
    if (what.empty()) {
      ++figures.replayed_by_shape[shape];
      continue;
    }
    std::string detail = shape;
    detail.append(", ").append(what);
    figures.problems.push_back(
        {"replay_differs", model::Severity::k_note, std::string(work.text(call.run->id)), std::move(detail)});
  }
}

}  // namespace trajectory::build
