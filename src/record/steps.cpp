#include "record/steps.h"

#include <algorithm>

namespace trajectory::record {

namespace {

const std::map<std::uint32_t, model::Variant> k_no_variants;

}  // namespace

std::vector<Step> derive_steps(const model::Lane& lane) {
  std::vector<const model::ModelCall*> answered_by(lane.messages.size(), nullptr);
  for (const model::ModelCall& call : lane.calls)
    if (call.answer) answered_by[*call.answer] = &call;

  std::vector<Step> steps;
  Step running{.places = {}, .variants = &k_no_variants, .plain = true};
  std::vector<bool> shown(lane.messages.size(), false);
  std::size_t waiting = 0;  // messages of the running context that no step shows yet
  const auto close = [&] {
    steps.push_back(running);
    bool plain = running.variants->empty();
    for (std::size_t i = 0; i < running.places.size(); ++i) {
      plain = plain && running.places[i] == i;
      shown[running.places[i]] = true;
    }
    steps.back().plain = plain;
    waiting = 0;
  };

  bool started = false;
  for (std::uint32_t place = 0; place < lane.messages.size(); ++place) {
    const model::Message& message = lane.messages[place].message;
    if (const model::ModelCall* call = answered_by[place]; call != nullptr) {
      std::vector<std::uint32_t> seen = model::places_in(call->context);
      const bool drops =
          waiting > 0 && std::any_of(running.places.begin(), running.places.end(), [&](std::uint32_t at) {
            return !shown[at] && std::find(seen.begin(), seen.end(), at) == seen.end();
          });
      if (drops) close();
      waiting = static_cast<std::size_t>(
          std::count_if(seen.begin(), seen.end(), [&](std::uint32_t at) { return !shown[at]; }));
      running = {.places = std::move(seen), .variants = &call->variants, .plain = true};
    }
    running.places.push_back(place);
    ++waiting;
    if (!started) {
      started = message.role == model::Role::k_user;
      if (started) close();
    } else if (message.role == model::Role::k_tool ||
               (message.role == model::Role::k_assistant && message.tool_calls.empty())) {
      close();
    }
  }
  if (waiting > 0) close();
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
