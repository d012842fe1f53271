#include "build/whole_context.h"

#include <algorithm>

namespace trajectory::build {

namespace {

const Call* before(const Work& work, const Call& call) {
  return call.goes_on_from == k_none ? nullptr : &work.calls[call.goes_on_from];
}

}  // namespace

std::vector<Seen> whole_context(const Work& work, const Call& call) {
  if (call.goes_on_from == k_none) return call.context;
  std::vector<const Call*> chain;  // latest first
  for (const Call* at = &call; at != nullptr; at = before(work, *at)) chain.push_back(at);
  const auto own = call.context.begin() + static_cast<std::ptrdiff_t>(leading_systems(call));
  std::vector<Seen> out(call.context.begin(), own);
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    if (const SlotId answer = (*at)->goes_on_behind; answer != k_none)
      out.push_back({.entry = work.slots[answer].entry, .slot = answer});
    if (*at == &call) break;
    std::copy_if((*at)->context.begin(), (*at)->context.end(), std::back_inserter(out),
                 [](const Seen& seen) { return !is_system(seen.entry); });
  }
  out.insert(out.end(), own, call.context.end());
  return out;
}

bool saw(const Work& work, const Call& call, SlotId slot) {
  for (const Call* at = &call; at != nullptr; at = before(work, *at)) {
    if (std::any_of(at->context.begin(), at->context.end(), [&](const Seen& seen) { return seen.slot == slot; }))
      return true;
    if (at->goes_on_behind == slot) return true;
  }
  return false;
}

SlotId last_seen(const Work& work, const Call& call) {
  for (const Call* at = &call; at != nullptr; at = before(work, *at)) {
    const auto last =
        std::find_if(at->context.rbegin(), at->context.rend(), [](const Seen& seen) { return !is_system(seen.entry); });
    if (last != at->context.rend()) return last->slot;
    if (at->goes_on_behind != k_none) return at->goes_on_behind;
  }
  return k_none;
}

std::size_t leading_systems(const Call& call) {
  std::size_t count = 0;
  while (count < call.context.size() && is_system(call.context[count].entry)) ++count;
  return count;
}

}  // namespace trajectory::build
