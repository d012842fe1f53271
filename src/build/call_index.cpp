#include "build/call_index.h"

#include <algorithm>

#include "build/whole_context.h"

namespace trajectory::build {

namespace {

using base::Hash128;

/// How many ends of lanes are kept in mind.
constexpr std::size_t k_awake_ends = 16;

/// How many calls that gave the same answer are kept in mind.
constexpr std::size_t k_same_answers = 8;

/// How many calls that follow the same answer are kept in mind.
constexpr std::size_t k_followers = 8;

Hash128 input_key(const Call& call, std::span<const Seen> input) {
  Hash128 key{call.trace, call.scope};
  for (const Seen& seen : input) key = base::combine(key, seen.entry->identity);
  return key;
}

}  // namespace

void CallIndex::add(CallId id) {
  const Call& call = work_.calls[id];
  if (call.goes_on_from == k_none) asked_[input_key(call, call.context)] = id;
  std::erase(ends_, call.parent);
  ends_.push_back(id);
  if (ends_.size() > k_awake_ends) ends_.erase(ends_.begin());
  if (call.parent != k_none) {
    std::vector<CallId>& followers = followers_[call.parent];
    followers.push_back(id);
    if (followers.size() > k_followers) followers.erase(followers.begin());
  }

  Hash128 prefix = inherited_prefix(call);
  for (const Seen& seen : call.context) {
    if (is_system(seen.entry)) continue;
    prefix = base::combine(prefix, seen.entry->identity);
    prefixes_[prefix].through = id;
  }
  seen_[id] = prefix;
  for (const messages::Answer& answer : call.facts->answers)
    if (answer.id != 0)
      if (const auto [known, first] = gave_id_.try_emplace(answer.id, id); !first) known->second = k_none;
  if (call.answers.empty()) prefixes_[prefix].ends = id;
  for (const SlotId answer : call.answers) {
    const messages::MessageEntry* said = work_.slots[answer].entry;
    prefixes_[base::combine(prefix, said->identity)] = {id, id};
    std::vector<CallId>& same = gave_[said->identity];
    same.insert(same.begin(), id);
    if (same.size() > k_same_answers) same.pop_back();
    for (const model::ToolCall& asked : said->message.tool_calls)
      if (!asked.id.empty()) asked_tool_[asked.id] = id;
  }
}

/// The calls that it goes on from have their prefixes here, unless they belong to another index.
Hash128 CallIndex::inherited_prefix(const Call& call) const {
  if (call.goes_on_from == k_none) return {};
  Hash128 prefix;
  if (const auto known = seen_.find(call.goes_on_from); known != seen_.end()) {
    prefix = known->second;
  } else {
    for (const Seen& seen : whole_context(work_, work_.calls[call.goes_on_from]))
      if (!is_system(seen.entry)) prefix = base::combine(prefix, seen.entry->identity);
  }
  if (call.goes_on_behind == k_none) return prefix;
  return base::combine(prefix, work_.slots[call.goes_on_behind].entry->identity);
}

CallIndex::Beginning CallIndex::beginning(std::span<const Seen> said) const {
  Beginning out;
  Hash128 prefix;
  for (const Seen& seen : said) {
    prefix = base::combine(prefix, seen.entry->identity);
    const auto found = prefixes_.find(prefix);
    if (found == prefixes_.end()) break;
    out.through = found->second.through;
    if (found->second.ends != k_none) out.ends = found->second.ends;
  }
  return out;
}

std::vector<CallId> CallIndex::gave_last_answer(std::span<const Seen> said) const {
  for (auto last = said.rbegin(); last != said.rend(); ++last) {
    if (!is_assistant(last->entry)) continue;
    std::vector<CallId> out;
    if (const auto same = gave_.find(last->entry->identity); same != gave_.end()) out = same->second;
    for (const model::ToolCall& tool : last->entry->message.tool_calls)
      if (const auto asked = asked_tool_.find(tool.id); asked != asked_tool_.end()) {
        if (std::find(out.begin(), out.end(), asked->second) == out.end()) out.push_back(asked->second);
        break;
      }
    if (!out.empty()) return out;
  }
  return {};
}

std::optional<CallId> CallIndex::gave_id(std::uint64_t answer) const {
  const auto found = gave_id_.find(answer);
  return found == gave_id_.end() || found->second == k_none ? std::nullopt : std::optional(found->second);
}

const std::vector<CallId>& CallIndex::followers(CallId id) const {
  static const std::vector<CallId> k_nobody;
  const auto found = followers_.find(id);
  return found == followers_.end() ? k_nobody : found->second;
}

std::optional<CallId> CallIndex::asked_the_same(const Call& call, std::span<const Seen> input) const {
  const auto found = asked_.find(input_key(call, input));
  return found == asked_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace trajectory::build
