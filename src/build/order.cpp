#include "build/order.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "build/slots.h"

namespace trajectory::build {

namespace {

/// Equal texts are told apart by their call ids.
base::Hash128 identity_with_ids(const messages::MessageEntry& entry) {
  base::Hash128 out = entry.identity;
  for (const model::ToolCall& call : entry.message.tool_calls)
    if (!call.id.empty()) out = base::combine(out, base::hash128(call.id));
  return out;
}

}  // namespace

void add_calls(Tied& tied, const messages::RunFacts& run, const messages::Tables& tables) {
  for (const messages::CallFacts& call : run.calls) {
    std::vector<base::Hash128> own;
    for (const messages::Answer& answer : call.answers) {
      const messages::MessageEntry& entry = tables.messages.get(answer.message);
      if (!is_blank(&entry)) own.push_back(identity_with_ids(entry));
    }
    std::size_t seen = 0;
    for (; seen < call.input.size(); ++seen) {
      const messages::MessageEntry& entry = tables.messages.get(call.input[seen]);
      if (!is_assistant(&entry)) continue;
      const base::Hash128 identity = identity_with_ids(entry);
      if (call.late_recording && std::find(own.begin(), own.end(), identity) != own.end()) break;
      tied.saw.push_back(identity);
    }
    tied.seen = std::max(tied.seen, seen);
    tied.gave.insert(tied.gave.end(), own.begin(), own.end());
    if (call.response_id != 0) tied.gave.push_back({call.response_id, 1});
    if (call.previous_response_id != 0) tied.saw.push_back({call.previous_response_id, 1});
  }
}

std::string_view start_in_dotted_order(std::string_view dotted_order) {
  const std::string_view segment = dotted_order.substr(dotted_order.rfind('.') + 1);
  return segment.size() <= 36 ? std::string_view() : segment.substr(0, segment.size() - 36);
}

std::vector<std::size_t> order_tied(const std::vector<Tied>& tied) {
  std::unordered_map<base::Hash128, std::size_t, base::Hash128Hasher> givers;
  std::unordered_set<base::Hash128, base::Hash128Hasher> ambiguous;
  for (std::size_t i = 0; i < tied.size(); ++i)
    for (const base::Hash128& answer : tied[i].gave)
      if (const auto [found, added] = givers.emplace(answer, i); !added && found->second != i) ambiguous.insert(answer);

  std::vector<std::vector<std::size_t>> followers(tied.size());
  std::vector<std::size_t> waiting(tied.size(), 0);
  for (std::size_t i = 0; i < tied.size(); ++i) {
    std::unordered_set<std::size_t> before;
    for (const base::Hash128& answer : tied[i].saw)
      if (const auto giver = givers.find(answer);
          giver != givers.end() && giver->second != i && !ambiguous.contains(answer))
        before.insert(giver->second);
    for (const std::size_t giver : before) followers[giver].push_back(i);
    waiting[i] = before.size();
  }

  const auto later = [&](std::size_t a, std::size_t b) {
    return std::tuple(tied[a].clock, tied[a].end, tied[a].seen, a) >
           std::tuple(tied[b].clock, tied[b].end, tied[b].seen, b);
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> ready(later);
  std::vector<std::size_t> out;
  std::vector<bool> taken(tied.size(), false);
  for (std::size_t i = 0; i < tied.size(); ++i)
    if (waiting[i] == 0) ready.push(i);
  for (std::size_t stuck = 0; out.size() < tied.size();) {
    if (ready.empty()) {  // a circle, as late recording makes them: the given order decides
      while (taken[stuck]) ++stuck;
      ready.push(stuck);
    }
    const std::size_t next = ready.top();
    ready.pop();
    if (taken[next]) continue;
    taken[next] = true;
    out.push_back(next);
    for (const std::size_t follower : followers[next])
      if (--waiting[follower] == 0) ready.push(follower);
  }
  return out;
}

}  // namespace trajectory::build
