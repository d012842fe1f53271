#include "build/lane_record.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "build/align.h"
#include "build/forms.h"
#include "build/lane_path.h"
#include "build/tool_results.h"
#include "build/whole_context.h"

namespace trajectory::build {

namespace {

/// A line of messages under construction: the main line of a lane, or an alternative behind its beginning.
struct Line {
  const Line* trunk = nullptr;                       ///< an alternative's main line
  std::uint32_t shared = 0;                          ///< how many of its messages stand before this line's own
  std::vector<SlotId> order;                         ///< own messages
  std::unordered_map<SlotId, std::uint32_t> places;  ///< of own messages, counted from the trunk's beginning
  std::unordered_set<SlotId> seen_only;
  std::unordered_set<CallId> placed;  ///< calls whose messages are all here
  struct Said {
    std::vector<model::Range> context;
    std::map<std::uint32_t, model::Variant> variants;
  };
  std::unordered_map<CallId, Said> said;  ///< what calls saw that others go on from, without system texts

  [[nodiscard]] std::optional<std::uint32_t> place(SlotId slot) const {
    if (const auto own = places.find(slot); own != places.end()) return own->second;
    if (trunk == nullptr) return std::nullopt;
    const auto before = trunk->place(slot);
    return before && *before < shared ? before : std::nullopt;
  }
  void add(SlotId slot) {
    if (place(slot)) return;
    places.emplace(slot, shared + static_cast<std::uint32_t>(order.size()));
    order.push_back(slot);
  }
  void renumber() {
    places.clear();
    for (std::uint32_t i = 0; i < order.size(); ++i) places[order[i]] = shared + i;
  }
};

void append(std::vector<model::Range>& ranges, model::Range more) {
  if (!ranges.empty() && ranges.back().second == more.first) ranges.back().second = more.second;
  else ranges.push_back(more);
}

class Recorder {
 public:
  Recorder(Work& work, bool helper, ToolRuns& tool_runs, DefinitionTable& definitions)
      : work_(work), helper_(helper), results_(work, tool_runs), definitions_(definitions) {}

  LaneRecord record(const std::vector<CallId>& calls) {
    for (const CallId id : calls) bases_.insert(work_.calls[id].goes_on_from);
    assign_systems(calls);
    if (helper_) remember_forms(calls);
    // A helper's calls are independent of one another, whatever contexts they share.
    const LanePath path = helper_ ? LanePath{calls, {}, {}} : find_path(work_, calls);
    Line line;
    for (const CallId id : path.main) place(id, line);
    drop_unheld_partial(path, line);
    line.order = results_.complete(line.order);
    line.renumber();
    record_line(line, model::TrainableStatus::k_trainable, out_.lane.messages);
    for (const CallId id : path.main) {
      out_.lane.calls.push_back(record_call(id, line, {}));
      out_.calls.push_back(id);
    }
    for (const CallId id : path.main) record_candidates(id, line);
    for (const auto& branch : path.branches) record_branch(branch, line);
    out_.helpers = path.helpers;
    out_.tool_runs = results_.take_runs();
    std::stable_sort(branches_.begin(), branches_.end(), [](const Branch& a, const Branch& b) {
      return a.alternative.at_message < b.alternative.at_message;
    });
    for (Branch& branch : branches_) {
      out_.lane.alternatives.push_back(std::move(branch.alternative));
      out_.alternative_calls.push_back(std::move(branch.calls));
    }
    return std::move(out_);
  }

 private:
  const Slot& slot(SlotId id) const { return work_.slots[id]; }

  /// A helper may have been shown a message in another form than the main line: its own first form counts here.
  void remember_forms(const std::vector<CallId>& calls) {
    for (const CallId id : calls)
      for (const Seen& seen : whole_context(work_, work_.calls[id]))
        // A form with other calls is a variant: results and ids go by those of the message.
        if (seen.slot != k_none && !seen.placeholder &&
            seen.entry->message.tool_calls.size() == slot(seen.slot).entry->message.tool_calls.size())
          first_forms_.emplace(seen.slot, seen.entry);
  }

  const messages::MessageEntry* form(SlotId id) const {
    const auto own = first_forms_.find(id);
    return own == first_forms_.end() ? slot(id).entry : own->second;
  }

  // ---- system texts

  /// Every system text finds its message: the same text said before; the text at the same place in the call before
  /// when it is a version of it (a clock); else it is new (a handoff to another agent).
  void assign_systems(const std::vector<CallId>& calls) {
    const Call* before = nullptr;
    for (const CallId id : calls) {
      Call& call = work_.calls[id];
      const Call* reference = call.parent != k_none ? &work_.calls[call.parent] : before;
      std::size_t ordinal = 0;
      for (Seen& seen : call.context) {
        if (!is_system(seen.entry)) continue;
        seen.slot = system_slot(seen, call, reference, ordinal++);
      }
      before = &call;
    }
  }

  SlotId system_slot(const Seen& seen, const Call& call, const Call* reference, std::size_t ordinal) {
    if (const auto known = systems_.find(seen.entry->identity); known != systems_.end()) return known->second;
    if (reference != nullptr && reference->agent == call.agent) {
      std::size_t at = 0;
      for (const Seen& other : reference->context) {
        if (!is_system(other.entry)) continue;
        if (at++ == ordinal && other.slot != k_none && is_version(other.entry, seen.entry)) return other.slot;
      }
    }
    // An agent that comes back after another one had the word.
    for (auto known = instructions_.rbegin();
         known != instructions_.rend() && known - instructions_.rbegin() < k_agents; ++known)
      if (known->agent == call.agent && known->ordinal == ordinal && is_version(slot(known->slot).entry, seen.entry))
        return known->slot;
    const SlotId added = work_.add_slot(seen.entry, call.run);
    systems_.emplace(seen.entry->identity, added);
    instructions_.push_back({added, call.agent, ordinal});
    return added;
  }

  /// A new clock, or something added behind what stood there.
  static bool is_version(const messages::MessageEntry* before, const messages::MessageEntry* now) {
    const std::string& a = before->message.content;
    const std::string& b = now->message.content;
    return similar_text(a, b) || (!a.empty() && b.starts_with(a)) || (!b.empty() && a.starts_with(b));
  }

  // ---- placing messages

  void place(CallId id, Line& line) {
    const Call& call = work_.calls[id];
    line.placed.insert(id);
    if (call.goes_on_from == k_none) return place(call, call.context, line);
    if (!line.placed.contains(call.goes_on_from)) return place(call, whole_context(work_, call), line);
    // What it goes on from has its place.
    const auto own = call.context.begin() + static_cast<std::ptrdiff_t>(leading_systems(call));
    std::vector<Seen> context(call.context.begin(), own);
    if (const SlotId answer = call.goes_on_behind; answer != k_none)
      context.push_back({.entry = slot(answer).entry, .slot = answer});
    context.insert(context.end(), own, call.context.end());
    place(call, context, line);
  }

  void place(const Call& call, const std::vector<Seen>& context, Line& line) {
    std::size_t history = 0;  // behind the last answer that no recorded call gave
    for (std::size_t i = 0; i < context.size(); ++i) {
      const Seen& seen = context[i];
      if (seen.slot != k_none && is_assistant(seen.entry) && slot(seen.slot).answer_of == k_none &&
          !line.place(seen.slot))
        history = i + 1;
    }
    for (std::size_t i = 0; i < context.size(); ++i) {
      const Seen& seen = context[i];
      if (seen.slot == k_none || (seen.placeholder && slot(seen.slot).entry == seen.entry && !is_assistant(seen.entry)))
        continue;
      if (i < history && !is_system(seen.entry) && !line.place(seen.slot) && slot(seen.slot).answer_of == k_none)
        line.seen_only.insert(seen.slot);
      line.add(seen.slot);
    }
    if (call.answer != k_none) line.add(call.answer);
  }

  /// A stream that broke off and that no later context holds is no message of the main line.
  void drop_unheld_partial(const LanePath& path, Line& line) {
    for (const CallId id : path.main) {
      Call& call = work_.calls[id];
      if (call.answer == k_none || !slot(call.answer).cut) continue;
      const bool held =
          std::any_of(work_.calls.begin(), work_.calls.end(), [&](const Call& other) { return other.parent == id; });
      if (held) continue;
      std::erase(line.order, call.answer);
      partial_.push_back(id);
      call.answer = k_none;
    }
  }

  // ---- writing down

  void record_line(const Line& line, model::TrainableStatus answers, std::vector<model::TranscriptMessage>& into) {
    for (const SlotId id : line.order) into.push_back(record_message(id, answers, line.seen_only.contains(id)));
  }

  model::TranscriptMessage record_message(SlotId id, model::TrainableStatus answers, bool seen_only) {
    const Slot& s = slot(id);
    model::TranscriptMessage out;
    out.message = form(id)->message;
    for (std::size_t i = 0; i < out.message.tool_calls.size(); ++i)
      out.message.tool_calls[i].id = results_.id_of(id, i);
    out.origin = {std::string(work_.text(s.run->id)), s.answer_of != k_none || s.from_tool_run ? "outputs" : "inputs",
                  s.origin};
    out.time = s.answer_of != k_none ? s.run->end_time : s.run->start_time;
    out.cut = s.cut;
    out.seen_only_as_input = seen_only;
    out.unanswered_calls = results_.is_unanswered(id);
    if (is_assistant(s.entry) && s.answer_of != k_none && !s.cut) {
      const bool superseded = answers == model::TrainableStatus::k_superseded;
      out.trainable = superseded ? answers
                      : helper_  ? model::TrainableStatus::k_not_trainable
                                 : model::TrainableStatus::k_trainable;
    } else if (is_assistant(s.entry) && answers == model::TrainableStatus::k_superseded) {
      out.trainable = answers;
    }
    if (s.summary) out.trainable = model::TrainableStatus::k_summarization_boundary;
    if (is_tool(s.entry)) results_.describe(id, out);
    return out;
  }

  /// `branch` are an alternative's own messages, behind those that it shares with the main line.
  model::ModelCall record_call(CallId id, Line& line, std::span<const model::TranscriptMessage> branch) {
    const Call& call = work_.calls[id];
    model::ModelCall out;
    Line::Said said;
    const bool is_base = bases_.contains(id);
    const auto see = [&](const Seen& seen) {
      const auto place = seen.slot == k_none ? std::nullopt : line.place(seen.slot);
      if (!place) return;
      const std::uint32_t at = *place;
      const bool in_branch = line.trunk != nullptr && at >= line.shared;
      const model::TranscriptMessage& kept = in_branch ? branch[at - line.shared] : out_.lane.messages[at];
      const bool keep = is_base && !is_system(seen.entry);
      append(out.context, {at, at + 1});
      if (keep) append(said.context, {at, at + 1});
      auto other = variant(seen, kept.message);
      if (!other) return;
      if (keep) said.variants[at] = *other;
      out.variants[at] = std::move(*other);
    };
    const auto before = line.said.find(call.goes_on_from);
    if (call.goes_on_from == k_none) {
      for (const Seen& seen : call.context) see(seen);
    } else if (before == line.said.end()) {
      for (const Seen& seen : whole_context(work_, call)) see(seen);
    } else {
      const std::size_t systems = leading_systems(call);
      for (std::size_t i = 0; i < systems; ++i) see(call.context[i]);
      for (const model::Range& range : before->second.context) append(out.context, range);
      out.variants.insert(before->second.variants.begin(), before->second.variants.end());
      if (is_base) said = before->second;
      if (const SlotId answer = call.goes_on_behind; answer != k_none)
        see({.entry = slot(answer).entry, .slot = answer});
      for (std::size_t i = systems; i < call.context.size(); ++i) see(call.context[i]);
    }
    if (is_base) line.said[id] = std::move(said);
    if (call.answer != k_none) out.answer = line.place(call.answer);
    out.model = work_.text(call.facts->model);
    out.parameters = work_.text(call.facts->parameters);
    for (const messages::TextId tool : call.facts->tools) out.tools.push_back(definitions_.add(work_.text(tool)));
    out.usage = call.facts->usage;
    for (std::size_t i = 0; i < call.answers.size(); ++i)
      if (call.answers[i] == call.answer) out.finish_reason = work_.text(call.facts->answers[i].finish_reason);
    out.run_id = work_.text(call.run->id);
    out.trace_id = work_.conversation.traces[call.trace].id;
    out.agent = call.agent;
    if (call.run->failed) out.error = work_.text(call.run->error);
    out.start_time = call.run->start_time;
    out.end_time = call.run->end_time;
    out.incomplete_context = call.incomplete;
    return out;
  }

  /// The form that a call saw, where it is not the message's own.
  std::optional<model::Variant> variant(const Seen& seen, const model::Message& kept) {
    if (seen.placeholder || form(seen.slot) == seen.entry) return std::nullopt;
    const std::pair pair(seen.slot, seen.entry);
    if (same_form_.contains(pair)) return std::nullopt;
    model::Message shown = seen.entry->message;
    if (seen.lossy && shown.tool_calls.empty()) shown.tool_calls = kept.tool_calls;
    if (!form_difference(kept, shown).empty()) return variant_of(kept, shown);
    same_form_.insert(pair);
    return std::nullopt;
  }

  // ---- alternatives

  void record_candidates(CallId id, const Line& line) {
    const Call& call = work_.calls[id];
    const bool partial = std::find(partial_.begin(), partial_.end(), id) != partial_.end();
    for (const SlotId candidate : call.answers) {
      if (candidate == call.answer) continue;
      model::Alternative alternative;
      alternative.reason = partial ? "partial" : "candidate";
      const auto place = call.answer == k_none ? std::nullopt : line.place(call.answer);
      alternative.at_message = place ? *place : end_of_context(call, line);
      alternative.messages.push_back(record_message(candidate, model::TrainableStatus::k_superseded, false));
      branches_.push_back({std::move(alternative), {}});
    }
  }

  /// The place behind those messages of the main line that the context begins with.
  std::uint32_t end_of_context(const Call& call, const Line& main) const {
    std::uint32_t at = 0;
    for (const Seen& seen : whole_context(work_, call)) {
      const auto place = seen.slot == k_none ? std::nullopt : main.place(seen.slot);
      if (!place) break;
      at = std::max(at, *place + 1);
    }
    return at;
  }

  void record_branch(const std::vector<CallId>& calls, const Line& main) {
    const Call& first = work_.calls[calls.front()];
    const std::uint32_t at = end_of_context(first, main);
    Line line;
    line.trunk = &main;
    line.shared = at;
    for (const CallId id : calls) place(id, line);
    line.order = results_.complete(line.order);
    line.renumber();

    model::Alternative alternative;
    alternative.at_message = at;
    const bool cut = first.answer != k_none && slot(first.answer).cut;
    const auto from = std::lower_bound(out_.calls.begin(), out_.calls.end(), first.trace,
                                       [&](CallId id, std::uint32_t trace) { return work_.calls[id].trace < trace; });
    const bool same_trace = from != out_.calls.end() && work_.calls[*from].trace == first.trace;
    alternative.reason = cut ? "partial" : same_trace ? "retry" : "regeneration";
    record_line(line, model::TrainableStatus::k_superseded, alternative.messages);
    for (const CallId id : calls) alternative.calls.push_back(record_call(id, line, alternative.messages));
    branches_.push_back({std::move(alternative), calls});
  }

  Work& work_;
  bool helper_;
  ToolResults results_;
  DefinitionTable& definitions_;
  LaneRecord out_;
  std::unordered_map<SlotId, const messages::MessageEntry*> first_forms_;  ///< helpers: the form that they saw first
  struct Instructions {
    SlotId slot;
    std::string_view agent;
    std::size_t ordinal;
  };
  static constexpr std::ptrdiff_t k_agents = 8;  ///< how many different instructions are compared, latest first
  std::unordered_map<base::Hash128, SlotId, base::Hash128Hasher> systems_;
  std::vector<Instructions> instructions_;
  std::unordered_set<CallId> bases_;  ///< calls that others go on from
  std::vector<CallId> partial_;
  struct Branch {
    model::Alternative alternative;
    std::vector<CallId> calls;
  };
  std::vector<Branch> branches_;
  std::set<std::pair<SlotId, const messages::MessageEntry*>> same_form_;  ///< forms that are no variants
};

}  // namespace

std::uint32_t DefinitionTable::add(std::string_view definition) {
  const auto found = places_.find(definition);
  if (found != places_.end()) return found->second;
  const auto place = static_cast<std::uint32_t>(definitions_.size());
  definitions_.emplace_back(definition);
  places_.emplace(definition, place);
  return place;
}

LaneRecord record_lane(Work& work, const std::vector<CallId>& calls, bool helper, ToolRuns& tool_runs,
                       DefinitionTable& definitions) {
  return Recorder(work, helper, tool_runs, definitions).record(calls);
}

}  // namespace trajectory::build
