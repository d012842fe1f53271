#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "build/build.h"
#include "messages/facts.h"

namespace trajectory::build {

using SlotId = std::uint32_t;
using CallId = std::uint32_t;
inline constexpr std::uint32_t k_none = 0xFFFFFFFF;

/// One message of the conversation, wherever it will stand: said once, seen by any number of calls.
struct Slot {
  const messages::MessageEntry* entry = nullptr;  ///< the form a model saw or said first
  const messages::RunFacts* run = nullptr;        ///< where it was first recorded
  CallId answer_of = k_none;                      ///< the call whose answer (or candidate) it is
  model::OriginKind origin = model::OriginKind::k_verbatim;
  bool from_tool_run = false;  ///< no later call saw it: taken from the tool's run
  bool cut = false;
  bool summary = false;  ///< took the place of older messages that the model no longer saw
};

/// One element of a call's recorded input.
struct Seen {
  const messages::MessageEntry* entry = nullptr;
  SlotId slot = k_none;      ///< the message it is a form of
  bool lossy = false;        ///< the client that recorded it may have lost calls and results
  bool placeholder = false;  ///< the recording lost what stood here
};

/// A model call while lanes are sought.
struct Call {
  const messages::RunFacts* run = nullptr;
  const messages::CallFacts* facts = nullptr;
  std::uint32_t trace = 0;
  std::uint32_t scope = 0;  ///< index into `Work::scopes`
  std::string_view agent;
  std::vector<Seen> context;  ///< in the recorded order, system texts included; cut at the own answer
  /// A stateful call: `context` holds what it adds, system texts first. Between these and the rest stands what the call
  /// that it goes on from had seen, without system texts, and that call's answer (see `whole_context`).
  CallId goes_on_from = k_none;
  SlotId goes_on_behind = k_none;  ///< that answer
  std::vector<SlotId> answers;     ///< candidates; the chosen one is `answer`
  SlotId answer = k_none;
  CallId parent = k_none;       ///< the call whose answer this one's context continues
  std::uint32_t lane = k_none;  ///< calls linked by evidence share it
  bool incomplete = false;      ///< a stateful call whose predecessor is not in the recording
};

/// Where calls run: the conversation itself, or below a tool's run.
struct Scope {
  const messages::RunFacts* tool_run = nullptr;  ///< none: the conversation itself
  std::uint32_t trace = 0;
  std::uint32_t parent = 0;       ///< enclosing scope
  std::uint64_t output_text = 0;  ///< `text_identity` of what the tool returned
  std::uint32_t path = 0;         ///< number of the tool names from outside in: instances of one sub-agent share it
};

/// Everything known of one conversation while it is built.
struct Work {
  Work(const Conversation& source, const messages::Tables& all) : conversation(source), tables(all) {}

  const Conversation& conversation;
  const messages::Tables& tables;
  std::deque<messages::MessageEntry> made;  ///< messages that no payload holds as such
  std::vector<Slot> slots;
  std::vector<Call> calls;                             ///< in order of time
  std::vector<Scope> scopes;                           ///< the first is the conversation itself
  std::vector<std::vector<std::uint32_t>> run_scopes;  ///< by trace and run: the scope it runs in
  std::uint32_t lanes = 0;

  const messages::MessageEntry* make(model::Message message) {
    return &made.emplace_back(messages::make_entry(std::move(message)));
  }
  SlotId add_slot(const messages::MessageEntry* entry, const messages::RunFacts* run) {
    slots.push_back({.entry = entry, .run = run});
    return static_cast<SlotId>(slots.size() - 1);
  }
  [[nodiscard]] std::string_view text(messages::TextId id) const { return tables.texts.get(id); }
};

[[nodiscard]] inline bool is_system(const messages::MessageEntry* entry) {
  return entry->message.role == model::Role::k_system;
}
[[nodiscard]] inline bool is_assistant(const messages::MessageEntry* entry) {
  return entry->message.role == model::Role::k_assistant;
}
[[nodiscard]] inline bool is_tool(const messages::MessageEntry* entry) {
  return entry->message.role == model::Role::k_tool;
}

/// A message without anything in it: what a client that cannot serialise a message leaves of it.
[[nodiscard]] inline bool is_blank(const messages::MessageEntry* entry) {
  const model::Message& m = entry->message;
  return m.content.empty() && m.parts.empty() && m.tool_calls.empty() && m.reasoning.empty() && m.tool_call_id.empty();
}

}  // namespace trajectory::build
