#include "build/lane_path.h"

#include <algorithm>
#include <map>
#include <set>

namespace trajectory::build {

LanePath find_path(const Work& work, const std::vector<CallId>& calls) {
  std::map<CallId, std::vector<CallId>> children;
  std::map<std::uint32_t, std::vector<CallId>> beginnings;  // by lane of linked calls
  const std::set<CallId> mine(calls.begin(), calls.end());
  for (const CallId id : calls) {
    const Call& call = work.calls[id];
    if (call.parent != k_none && mine.contains(call.parent)) children[call.parent].push_back(id);
    else beginnings[call.lane].push_back(id);
  }

  // The latest answered call below each call; ids grow with time, so children come after their parents.
  std::map<CallId, CallId> reach;
  for (auto id = calls.rbegin(); id != calls.rend(); ++id) {
    CallId furthest = work.calls[*id].answer == k_none ? 0 : *id + 1;
    for (const CallId child : children[*id]) furthest = std::max(furthest, reach[child]);
    reach[*id] = furthest;
  }

  LanePath out;
  const auto collect = [&](auto&& self, CallId id, std::vector<CallId>& into) -> void {
    into.push_back(id);
    for (const CallId child : children[id]) self(self, child, into);
  };
  const auto choose = [&](const std::vector<CallId>& from) {
    const auto chosen = std::max_element(from.begin(), from.end(), [&](CallId a, CallId b) { return reach[a] < reach[b]; });
    for (const CallId id : from) {
      if (id == *chosen) continue;
      if (work.calls[id].answer == k_none && reach[id] == 0) {
        collect(collect, id, out.main);  // failed: its question stays, it leaves no answer
        continue;
      }
      collect(collect, id, out.branches.emplace_back());
      std::sort(out.branches.back().begin(), out.branches.back().end());
    }
    return *chosen;
  };
  for (const auto& [lane, from] : beginnings) {
    CallId at = choose(from);
    out.main.push_back(at);
    while (!children[at].empty()) {
      at = choose(children[at]);
      out.main.push_back(at);
    }
  }
  std::sort(out.main.begin(), out.main.end());
  std::sort(out.branches.begin(), out.branches.end());
  return out;
}

}  // namespace trajectory::build
