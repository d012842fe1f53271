#include "build/summaries.h"

#include <algorithm>

#include "build/whole_context.h"

namespace trajectory::build {

namespace {

/// A shorter quote may be chance.
constexpr std::size_t k_quote = 20;
/// Calls before this one among which the summariser is looked for: it ran just before.
constexpr CallId k_recent = 64;

bool is_new(const Work& work, const Call& call, const Seen& seen) {
  if (seen.slot == k_none) return is_system(seen.entry);
  const Slot& slot = work.slots[seen.slot];
  return slot.run == call.run && slot.answer_of == k_none;
}

/// Whether the call sees less of the past than the one it continues saw.
bool dropped_something(const Work& work, const Call& parent, const Call& call) {
  const std::vector<Seen> earlier = whole_context(work, parent);
  return std::any_of(earlier.begin(), earlier.end(), [&](const Seen& before) {
    return before.slot != k_none && !is_system(before.entry) &&
           std::none_of(call.context.begin(), call.context.end(),
                        [&](const Seen& now) { return now.slot == before.slot; });
  });
}

void mark_replaced_heads(Work& work, const Call& call) {
  if (call.parent == k_none || call.goes_on_from != k_none) return;
  const auto shared = std::find_if(call.context.begin(), call.context.end(), [&](const Seen& seen) {
    return !is_system(seen.entry) && !is_new(work, call, seen);
  });
  if (shared == call.context.end()) return;
  const auto first_new =
      std::find_if(call.context.begin(), shared, [&](const Seen& seen) { return !is_system(seen.entry); });
  if (first_new == shared || !dropped_something(work, work.calls[call.parent], call)) return;
  for (auto at = first_new; at != shared; ++at)
    if (!is_system(at->entry) && !is_assistant(at->entry)) work.slots[at->slot].summary = true;
}

void mark_quotes(Work& work, CallId id) {
  const Call& call = work.calls[id];
  if (call.parent != k_none || call.trace == 0) return;  // it continues something, or nothing came before
  const CallId oldest = id - std::min(id, k_recent);
  for (CallId other = id; other > oldest && work.calls[other - 1].trace == call.trace; --other) {
    const Call& earlier = work.calls[other - 1];
    if (earlier.lane == call.lane || earlier.scope != call.scope || earlier.answer == k_none) continue;
    const std::string& answer = work.slots[earlier.answer].entry->message.content;
    if (answer.size() < k_quote) continue;
    for (const Seen& seen : call.context)
      if (seen.slot != k_none && is_new(work, call, seen) && seen.entry->message.role == model::Role::k_user &&
          seen.entry->message.content.find(answer) != std::string::npos)
        work.slots[seen.slot].summary = true;
  }
}

}  // namespace

void mark_summaries(Work& work) {
  for (CallId id = 0; id < work.calls.size(); ++id) {
    mark_replaced_heads(work, work.calls[id]);
    mark_quotes(work, id);
  }
}

}  // namespace trajectory::build
