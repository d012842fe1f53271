#include "record/steps.h"

#include <algorithm>
#include <numeric>

namespace trajectory::record {

namespace {

const std::map<std::uint32_t, model::Variant> k_no_variants;

/// Messages that no step shows yet. The next one is found in about constant time, so that steps take time by their
/// number and not by what they show.
class Unshown {
 public:
  explicit Unshown(std::size_t messages) : next_(messages + 1) { std::iota(next_.begin(), next_.end(), 0U); }

  /// The first one at or behind a place; the number of messages when there is none.
  std::uint32_t from(std::uint32_t place) {
    place = std::min(place, static_cast<std::uint32_t>(next_.size() - 1));
    for (; next_[place] != place; place = next_[place]) next_[place] = next_[next_[place]];
    return place;
  }
  bool holds(std::uint32_t place) const { return next_[place] == place; }
  void remove(std::uint32_t place) { next_[place] = place + 1; }

 private:
  std::vector<std::uint32_t> next_;  ///< by place: itself, or one before the next that is not shown
};

void append(std::vector<model::Range>& ranges, model::Range more) {
  if (more.first >= more.second) return;
  if (!ranges.empty() && ranges.back().second == more.first) ranges.back().second = more.second;
  else ranges.push_back(more);
}

bool contains(const std::vector<model::Range>& ranges, std::uint32_t place) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const model::Range& range) { return range.first <= place && place < range.second; });
}

bool is_beginning(const std::vector<model::Range>& ranges) {
  return ranges.empty() || (ranges.size() == 1 && ranges.front().first == 0);
}

}  // namespace

std::vector<Step> derive_steps(const model::Lane& lane) {
  std::vector<const model::ModelCall*> answered_by(lane.messages.size(), nullptr);
  for (const model::ModelCall& call : lane.calls)
    if (call.answer) answered_by[*call.answer] = &call;

  std::vector<Step> steps;
  Step running{.ranges = {}, .variants = &k_no_variants, .plain = true};
  Unshown unshown(lane.messages.size());
  std::vector<std::uint32_t> waiting;  // messages of the running context that no step shows yet
  const auto close = [&] {
    steps.push_back(running);
    steps.back().plain = running.variants->empty() && is_beginning(running.ranges);
    for (const std::uint32_t place : waiting) unshown.remove(place);
    waiting.clear();
  };

  bool started = false;
  for (std::uint32_t place = 0; place < lane.messages.size(); ++place) {
    const model::Message& message = lane.messages[place].message;
    if (const model::ModelCall* call = answered_by[place]; call != nullptr) {
      std::vector<model::Range> seen;
      for (const model::Range& range : call->context) append(seen, range);
      if (std::any_of(waiting.begin(), waiting.end(),
                      [&](std::uint32_t at) { return unshown.holds(at) && !contains(seen, at); }))
        close();
      waiting.clear();
      for (const auto& [begin, end] : seen)
        for (std::uint32_t at = unshown.from(begin); at < std::min<std::size_t>(end, lane.messages.size());
             at = unshown.from(at + 1))
          waiting.push_back(at);
      running = {.ranges = std::move(seen), .variants = &call->variants, .plain = true};
    }
    append(running.ranges, {place, place + 1});
    waiting.push_back(place);
    if (!started) {
      started = message.role == model::Role::k_user;
      if (started) close();
    } else if (message.role == model::Role::k_tool ||
               (message.role == model::Role::k_assistant && message.tool_calls.empty())) {
      close();
    }
  }
  if (!waiting.empty()) close();
  return steps;
}

std::vector<model::Range> to_ranges(const std::vector<std::uint32_t>& places) {
  std::vector<model::Range> out;
  for (const std::uint32_t place : places) {
    if (!out.empty() && out.back().second == place) ++out.back().second;
    else out.emplace_back(place, place + 1);
  }
  return out;
}

}  // namespace trajectory::record
