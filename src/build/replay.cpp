#include "build/replay.h"

#include <algorithm>

namespace trajectory::build {

namespace {

/// Compares one element; returns what differs, or nothing.
std::string_view difference(const model::TranscriptMessage& message, const model::Variant* variant, const model::Message& recorded) {
  const model::Message& m = message.message;
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

void replay(const Work& work, const model::Lane& lane, const std::vector<CallId>& calls, BuildFigures& figures) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = work.calls[calls[i]];
    const std::string shape(call.facts->shape);
    if (call.incomplete) {
      ++figures.incomplete_chains;
      continue;
    }
    ++figures.calls_by_shape[shape];
    std::vector<std::uint32_t> places;
    for (const auto& [begin, end] : lane.calls[i].context)
      for (std::uint32_t place = begin; place < end; ++place) places.push_back(place);
    // A stateful request holds only what is new: its system texts first, the rest at the end of the context.
    std::vector<const messages::MessageEntry*> recorded;
    for (const messages::MessageId id : call.facts->input) recorded.push_back(&work.tables.messages.get(id));
    recorded.resize(std::min(recorded.size(), call.recorded_size));
    std::string_view what;
    if (call.facts->previous_response_id != 0) {
      std::size_t systems = 0;
      while (systems < recorded.size() && is_system(recorded[systems])) ++systems;
      if (places.size() < recorded.size()) what = "number of messages";
      else places.erase(places.begin() + static_cast<std::ptrdiff_t>(systems), places.end() - static_cast<std::ptrdiff_t>(recorded.size() - systems));
    } else if (places.size() != recorded.size()) {
      what = "number of messages";
    }
    for (std::size_t j = 0; what.empty() && j < recorded.size(); ++j) {
      const auto variant = lane.calls[i].variants.find(places[j]);
      what = difference(lane.messages[places[j]], variant == lane.calls[i].variants.end() ? nullptr : &variant->second, recorded[j]->message);
    }
    if (what.empty()) ++figures.replayed_by_shape[shape];
    else figures.problems.push_back({"replay_differs", model::Severity::k_note, std::string(work.text(call.run->id)), shape + ": " + std::string(what)});
  }
}

}  // namespace trajectory::build
