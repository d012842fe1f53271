#include "build/replay.h"

#include <algorithm>

#include "build/error_sentence.h"
#include "build/forms.h"

namespace trajectory::build {

namespace {

std::string counts(std::size_t regenerated, std::size_t recorded) {
  return "number of messages: " + std::to_string(regenerated) + " regenerated, " + std::to_string(recorded) +
         " in the payload";
}

std::string told(std::string what, model::Role role, std::string_view difference) {
  return what.append(" (").append(model::role_name(role)).append("): ").append(difference);
}

std::size_t count_of(const std::vector<model::Range>& ranges) {
  std::size_t count = 0;
  for (const auto& [begin, end] : ranges) count += end - std::min(begin, end);
  return count;
}

/// The first `head` and the last `tail` places of ranges that hold at least so many.
std::vector<std::uint32_t> outer_places(const std::vector<model::Range>& ranges, std::size_t head, std::size_t tail) {
  std::vector<std::uint32_t> out;
  for (auto range = ranges.begin(); range != ranges.end() && out.size() < head; ++range)
    for (std::uint32_t at = range->first; at < range->second && out.size() < head; ++at) out.push_back(at);
  for (auto range = ranges.rbegin(); range != ranges.rend() && out.size() < head + tail; ++range)
    for (std::uint32_t at = range->second; at > range->first && out.size() < head + tail; --at) out.push_back(at - 1);
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(head), out.end());
  return out;
}

}  // namespace

bool shows_input(const messages::CallFacts& recorded) { return !recorded.input.empty() || recorded.is_stateful(); }

std::string Replay::difference(const model::ModelCall& call, const messages::RunFacts& run,
                               const messages::CallFacts& recorded) {
  std::string what = input_difference(call, recorded);
  return what.empty() ? answer_differs(call, run, recorded) : what;
}

std::string_view Replay::element_difference(const model::ModelCall& call, std::uint32_t place,
                                            messages::MessageId shown) {
  const model::Message& message = messages_[place]->message;
  const model::Message& element = table_.get(shown).message;
  if (const auto variant = call.variants.find(place); variant != call.variants.end())
    return form_difference(model::in_form(message, variant->second), element);
  const std::uint64_t pair = (std::uint64_t{place} << 32U) | shown;
  if (equal_.contains(pair)) return {};
  const std::string_view what = form_difference(message, element);
  if (what.empty()) equal_.insert(pair);
  return what;
}

std::string Replay::input_difference(const model::ModelCall& call, const messages::CallFacts& recorded) {
  if (!shows_input(recorded)) return {};
  std::vector<std::uint32_t> places;
  std::vector<messages::MessageId> shown = recorded.input;
  const auto message = [&](std::size_t j) -> const model::Message& { return table_.get(shown[j]).message; };

  if (recorded.is_stateful()) {
    std::size_t systems = 0;
    while (systems < shown.size() && message(systems).role == model::Role::k_system) ++systems;
    const std::size_t all = count_of(call.context);
    if (all < shown.size()) return counts(all, shown.size());
    places = outer_places(call.context, systems, shown.size() - systems);
  } else {
    places = model::places_in(call.context);
  }
  if (shown.size() > places.size() && call.answer) {
    const model::Message& answer = messages_[*call.answer]->message;
    const model::Message& next = message(places.size());
    if (next.role == answer.role && next.content == answer.content &&
        next.tool_calls.size() == answer.tool_calls.size())
      shown.resize(places.size());
  }
  const std::size_t both = std::min(places.size(), shown.size());
  for (std::size_t j = 0; j < both; ++j) {
    const std::string_view what = element_difference(call, places[j], shown[j]);
    if (what.empty()) continue;
    std::string out = told("message " + std::to_string(j), message(j).role, what);
    if (places.size() != shown.size()) out.append("; ").append(counts(places.size(), shown.size()));
    return out;
  }
  return places.size() == shown.size() ? std::string() : counts(places.size(), shown.size());
}

std::string Replay::answer_differs(const model::ModelCall& call, const messages::RunFacts& run,
                                   const messages::CallFacts& recorded) const {
  if (recorded.answers.empty()) return {};  // the call failed, or the next request tells what was said
  if (!call.answer) {
    // A stream that broke off and that no later context holds is an alternative.
    const bool broke_off = run.failed && recorded.answers.front().finish_reason == 0;
    return broke_off ? "" : "answer: the record has none";
  }
  const model::TranscriptMessage& kept = *messages_[*call.answer];
  std::string_view what;
  for (const messages::Answer& answer : recorded.answers) {
    const std::string_view differs = answer_difference(kept, table_.get(answer.message).message);
    if (differs.empty()) return {};
    if (what.empty()) what = differs;
  }
  return told("answer", kept.message.role, what);
}

std::string_view output_difference(const model::TranscriptMessage& kept, const messages::RunFacts& run,
                                   const messages::Tables& tables) {
  std::string_view what;
  bool same = false;
  const auto consider = [&](std::string_view difference) {
    same = same || difference.empty();
    if (what.empty()) what = difference;
  };
  const model::Message& message = kept.message;
  const bool is_result = message.role == model::Role::k_tool;
  for (const messages::CallFacts& call : run.calls)
    for (const messages::Answer& answer : call.answers) {
      if (!is_result) consider(answer_difference(kept, tables.messages.get(answer.message).message));
      for (const messages::MessageId id : answer.results)
        if (const model::Message& result = tables.messages.get(id).message;
            is_result && result.tool_call_id == message.tool_call_id)
          consider(form_difference(message, result));
    }
  if (is_result && run.tool) {
    const bool only_error = run.failed && run.tool->output == 0;
    const std::string_view text = tables.texts.get(only_error ? run.error : run.tool->output);
    consider(message.content == (only_error ? error_sentence(text) : text) ? "" : "text");
  }
  return same ? std::string_view() : what;
}

void replay(const Work& work, const LaneRecord& record, BuildFigures& figures) {
  const auto compare = [&](Replay& replay, const std::vector<model::ModelCall>& calls, const std::vector<CallId>& ids) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Call& call = work.calls[ids[i]];
      if (call.incomplete) {
        ++figures.incomplete_chains;
        continue;
      }
      const std::string shape(call.facts->shape);
      std::string what = replay.difference(calls[i], *call.run, *call.facts);
      if (what.empty() && !shows_input(*call.facts)) continue;
      ++figures.calls_by_shape[shape];
      if (what.empty()) {
        ++figures.replayed_by_shape[shape];
        continue;
      }
      figures.problems.push_back({"replay_differs", model::Severity::k_note, std::string(work.text(call.run->id)),
                                  what.insert(0, ", ").insert(0, shape)});
    }
  };
  std::vector<const model::TranscriptMessage*> messages;
  for (const model::TranscriptMessage& message : record.lane.messages) messages.push_back(&message);
  Replay main(messages, work.tables.messages);
  compare(main, record.lane.calls, record.calls);
  for (std::size_t i = 0; i < record.lane.alternatives.size(); ++i) {
    const model::Alternative& alternative = record.lane.alternatives[i];
    if (alternative.calls.empty()) continue;
    std::vector<const model::TranscriptMessage*> path(messages.begin(), messages.begin() + alternative.at_message);
    for (const model::TranscriptMessage& message : alternative.messages) path.push_back(&message);
    Replay branch(std::move(path), work.tables.messages);
    compare(branch, alternative.calls, record.alternative_calls[i]);
  }
}

}  // namespace trajectory::build
