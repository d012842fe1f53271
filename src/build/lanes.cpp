#include "build/lanes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "build/align.h"
#include "build/call_index.h"
#include "build/lane_path.h"
#include "build/replaced_contexts.h"
#include "build/tool_runs.h"
#include "build/whole_context.h"

namespace trajectory::build {

namespace {

using messages::MessageEntry;

/// Ids up to this length ("call_0") come back in every answer.
constexpr std::size_t k_short_id = 8;

/// How far back a resent older message is sought in its lane.
constexpr std::size_t k_look_back = 200;

/// The calls of one scope path (the conversation itself, or all instances of one sub-agent).
class Linker {
 public:
  Linker(Work& work, std::unordered_map<messages::TextId, CallId>& responses)
      : work_(work), responses_(responses), index_(work) {}

  void link(CallId id) {
    Call& call = work_.calls[id];
    std::vector<Seen> input = recorded_input(call);
    if (const CallId base = continued_response(id); base != k_none) {
      go_on_from(base, call, input);
    } else {
      const Link best = find_link(id, input);
      if (!best.alignment.to.empty()) adopt(call, input, best);
    }
    finish(id, std::move(input));
  }

 private:
  struct Link {
    CallId base = k_none;
    std::vector<SlotId> sequence;  ///< of the base
    Alignment alignment;
  };

  const MessageEntry* entry(messages::MessageId id) const { return &work_.tables.messages.get(id); }

  std::vector<Seen> recorded_input(const Call& call) const {
    std::vector<Seen> out;
    out.reserve(call.facts->input.size());
    const bool lossy = call.facts->shape == "gemini";
    for (const messages::MessageId id : call.facts->input) {
      Seen seen{.entry = entry(id), .lossy = lossy};
      seen.placeholder = lossy && is_blank(seen.entry) && !is_system(seen.entry);
      out.push_back(seen);
    }
    return out;
  }

  static std::vector<Seen> without_system(const std::vector<Seen>& input) {
    std::vector<Seen> out;
    out.reserve(input.size());
    std::copy_if(input.begin(), input.end(), std::back_inserter(out),
                 [](const Seen& seen) { return !is_system(seen.entry); });
    return out;
  }

  static std::vector<SlotId> slots_of(const std::vector<Seen>& context) {
    std::vector<SlotId> out;
    out.reserve(context.size() + 1);  // and an answer
    for (const Seen& seen : context)
      if (!is_system(seen.entry) && seen.slot != k_none) out.push_back(seen.slot);
    return out;
  }

  std::vector<SlotId> context_slots(const Call& call) const {
    if (call.goes_on_from != k_none) return slots_of(whole_context(work_, call));
    return slots_of(call.context);
  }

  std::vector<SlotId> sequence_of(const Call& call) const {
    std::vector<SlotId> out = context_slots(call);
    if (call.answer != k_none) out.push_back(call.answer);
    return out;
  }

  /// The call whose response a stateful one names.
  CallId continued_response(CallId id) {
    Call& call = work_.calls[id];
    if (call.facts->previous_response_id != 0) {
      const auto found = responses_.find(call.facts->previous_response_id);
      if (found != responses_.end() && found->second != id) return found->second;
      call.incomplete = true;
    }
    if (call.facts->conversation == 0) return k_none;
    const auto found = responses_.find(call.facts->conversation);
    return found == responses_.end() ? k_none : found->second;
  }

  Link find_link(CallId id, std::vector<Seen>& input) {
    const Call& call = work_.calls[id];
    Link link;
    restore_lost_results(call, input);
    const std::vector<Seen> said = without_system(input);
    // The message's own id names the answer that the client goes on from.
    if (const std::optional<CallId> named = index_.gave_id(call.facts->last_answer)) {
      consider(*named, call, said, link);
      if (link.alignment.last_answer == 2) return link;
    }
    const CallIndex::Beginning known = index_.beginning(said);
    if (known.ends != k_none) consider(known.ends, call, said, link);
    if (known.through != k_none && known.through != known.ends) consider(known.through, call, said, link);
    // New messages that follow a known sequence are the user's and the tools': an answer among them belongs to another.
    // Whatever the client dropped, cut or put before it, it goes on from the last answer.
    const std::vector<CallId> gave = index_.gave_last_answer(said);
    const bool said_since = !gave.empty() && link.base != k_none && gave.front() > link.base;
    if (!link.alignment.whole || link.alignment.answers_left || said_since)
      for (const CallId base : gave) consider(base, call, said, link);
    if (link.alignment.last_answer < 2 && (!link.alignment.whole || link.alignment.answers_left)) {
      for (auto end = index_.ends().rbegin(); end != index_.ends().rend(); ++end) consider(*end, call, said, link);
    }
    if (link.base == k_none) consider_repeated_input(call, input, said, link);
    return link;
  }

  /// A stateful request only adds to what the model had seen and said. The instructions of this request stand first;
  /// those of earlier ones are not inherited.
  void go_on_from(CallId base, Call& call, std::vector<Seen>& input) {
    const auto added =
        std::stable_partition(input.begin(), input.end(), [](const Seen& seen) { return is_system(seen.entry); });
    call.goes_on_from = base;
    call.goes_on_behind = work_.calls[base].answer;
    call.lane = work_.calls[base].lane;
    if (added != input.end()) take_for_lost_answer(base, *added);
  }

  void consider(CallId base, const Call& now, const std::vector<Seen>& said, Link& link) {
    const Call& call = work_.calls[base];
    for (std::size_t candidate = 0; candidate < std::max<std::size_t>(call.answers.size(), 1); ++candidate) {
      std::vector<SlotId> sequence = context_slots(call);
      if (!call.answers.empty()) sequence.push_back(call.answers[candidate]);
      else if (call.answer != k_none) sequence.push_back(call.answer);
      Alignment alignment = align(work_, sequence, said, call.trace != now.trace);
      if (!alignment.evidence && !continues_failed(call, alignment, said)) continue;
      if (is_put_anew(call, now, adds_nothing(now, alignment, said))) continue;
      // Among equals the latest: repeated texts are told apart by nothing else.
      const bool better = link.base == k_none || stronger(alignment, link.alignment) ||
                          (base > link.base && !stronger(link.alignment, alignment));
      if (better) link = {base, std::move(sequence), std::move(alignment)};
    }
  }

  /// A failed call's whole context, resent with something after it.
  static bool continues_failed(const Call& base, const Alignment& alignment, const std::vector<Seen>& said) {
    return base.answer == k_none && alignment.whole && said.size() > alignment.matched;
  }

  bool adds_nothing(const Call& now, const Alignment& alignment, const std::vector<Seen>& said) const {
    const auto added = std::find(alignment.to.begin(), alignment.to.end(), k_none);
    if (added == alignment.to.end()) return true;
    const Seen& first = said[static_cast<std::size_t>(added - alignment.to.begin())];
    return is_own_answer(now, first, added + 1 == alignment.to.end());
  }

  /// A question that failed in an earlier trace and is put again with nothing added: a turn of its own.
  bool is_put_anew(const Call& before, const Call& now, bool nothing_added) const {
    if (before.trace == now.trace || !nothing_added) return false;
    const Trace& trace = work_.conversation.traces[before.trace];
    return before.answers.empty() || trace.runs[trace.root].failed;
  }

  /// The same question again in the same trace: a retry, whatever the words.
  void consider_repeated_input(const Call& call, const std::vector<Seen>& input, const std::vector<Seen>& said,
                               Link& link) {
    const std::optional<CallId> before = index_.asked_the_same(call, input);
    if (!before) return;
    const Call& base = work_.calls[*before];
    if (call.run->pushed && base.run->agent_path != call.run->agent_path) return;
    std::vector<SlotId> sequence = context_slots(base);
    Alignment alignment = align(work_, sequence, said, /*in_new_trace=*/false);
    if (alignment.whole && alignment.matched == said.size())
      link = {*before, std::move(sequence), std::move(alignment)};
  }

  /// Clients that cannot serialise a function's response leave a blank message where results stood: put the results
  /// there that earlier calls of the lane had, or those of the tools that ran since.
  void restore_lost_results(const Call& call, std::vector<Seen>& input) {
    const auto lost = [](const Seen& seen) {
      return seen.placeholder && seen.entry->message.role == model::Role::k_user;
    };
    if (std::none_of(input.begin(), input.end(), lost)) return;
    const Call* head = nullptr;
    for (auto at = index_.ends().rbegin(); head == nullptr && at != index_.ends().rend(); ++at)
      if (work_.calls[*at].facts->shape == call.facts->shape) head = &work_.calls[*at];
    if (head == nullptr) return;
    const std::vector<SlotId> sequence = sequence_of(*head);
    std::vector<Seen> out;
    std::size_t at = 0;
    for (const Seen& seen : input) {
      if (is_system(seen.entry)) {
        out.push_back(seen);
        continue;
      }
      if (!lost(seen)) {
        out.push_back(seen);
        if (at < sequence.size()) ++at;
        continue;
      }
      const std::size_t before = out.size();
      for (; at < sequence.size() && is_tool(work_.slots[sequence[at]].entry); ++at)
        out.push_back({.entry = work_.slots[sequence[at]].entry});
      if (out.size() == before && at == sequence.size() && head->answer != k_none)
        for (const MessageEntry* result : results_of_answer(work_, *head)) out.push_back({.entry = result});
      if (out.size() == before) out.push_back(seen);
    }
    input = std::move(out);
  }

  /// Puts matched elements to their slots, and the older ones before them that the base had not seen.
  void adopt(Call& call, std::vector<Seen>& input, const Link& link) {
    std::vector<Seen*> said;
    for (Seen& seen : input)
      if (!is_system(seen.entry)) said.push_back(&seen);
    std::size_t first = said.size();
    for (std::size_t j = 0; j < said.size(); ++j) {
      if (link.alignment.to[j] == k_none) continue;
      said[j]->slot = link.sequence[link.alignment.to[j]];
      first = std::min(first, j);
    }
    call.lane = work_.calls[link.base].lane;
    find_lost_answer(link, said);
    find_lost_input(link, call, said, first);
    if (first > 0 && first < said.size() && !link.alignment.whole) {
      find_older(call, said, first);
      find_before_gap(call, said, first);
    }
  }

  /// What a call saw whose recording has no input at all: what stands before its answer in the next request.
  void find_lost_input(const Link& link, const Call& call, const std::vector<Seen*>& said, std::size_t first) {
    Call& base = work_.calls[link.base];
    if (!base.facts->input.empty() || !base.context.empty() || base.goes_on_from != k_none || first == said.size() ||
        said[first]->slot != base.answer)
      return;
    for (std::size_t j = 0; j < first; ++j) {
      if (said[j]->slot != k_none) return;
      said[j]->slot = work_.add_slot(said[j]->entry, call.run);
      lane_slots_[base.lane].push_back(said[j]->slot);
      base.context.push_back(*said[j]);
    }
  }

  static bool stopped_by_client(std::string_view error) {
    return error.starts_with("GeneratorExit") || error.starts_with("CancelledError") ||
           error.starts_with("Cancelled") || error.starts_with("KeyboardInterrupt") || error.starts_with("AbortError");
  }

  /// The answer of a call whose recording lost it (a stream that ended early for the client) is what stands behind the
  /// call's context in the next request.
  void find_lost_answer(const Link& link, const std::vector<Seen*>& said) {
    const Call& base = work_.calls[link.base];
    if (base.answer != k_none || !link.alignment.whole) return;
    const std::size_t behind = context_slots(base).size();
    if (behind < said.size()) take_for_lost_answer(link.base, *said[behind]);
  }

  void take_for_lost_answer(CallId id, Seen& seen) {
    Call& base = work_.calls[id];
    const bool broken_off = base.run->failed && stopped_by_client(work_.text(base.run->error));
    if (base.answer != k_none || !base.answers.empty()) return;
    if (base.run->failed && !broken_off) return;  // what stands there was said by somebody else
    if (seen.slot != k_none || !is_assistant(seen.entry)) return;
    seen.slot = work_.add_slot(seen.entry, base.run);
    work_.slots[seen.slot].answer_of = id;
    work_.slots[seen.slot].origin = model::OriginKind::k_inferred;
    work_.slots[seen.slot].cut = broken_off;
    base.answer = seen.slot;
    lane_slots_[base.lane].push_back(seen.slot);
  }

  /// A window that once held a question alone tore the lane: what it shows of the time before is found through the
  /// answers there.
  void find_before_gap(const Call& call, const std::vector<Seen*>& said, std::size_t first) {
    std::vector<Seen> older;
    for (std::size_t j = 0; j < first && said[j]->slot == k_none; ++j) older.push_back(*said[j]);
    Link link;
    for (const CallId base : index_.gave_last_answer(older)) consider(base, call, older, link);
    if (link.alignment.last_answer < 2) return;
    for (std::size_t j = 0; j < older.size(); ++j)
      if (link.alignment.to[j] != k_none) said[j]->slot = link.sequence[link.alignment.to[j]];
    std::vector<Seen> input;
    for (std::size_t j = 0; j < first; ++j) input.push_back(*said[j]);
    share_question(call, input);
    for (std::size_t j = 0; j < first; ++j) said[j]->slot = input[j].slot;
  }

  /// A window that grew shows older messages of the lane again: as a rule in their order, but a summary stands before
  /// what it was made for.
  void find_older(const Call& call, const std::vector<Seen*>& said, std::size_t first) const {
    constexpr std::size_t k_nowhere = SIZE_MAX;
    const auto& order = lane_slots_[call.lane];
    std::size_t end = order.size();
    while (end > 0 && order[end - 1] != said[first]->slot) --end;
    if (end == 0) return;
    const std::size_t stop = --end > k_look_back ? end - k_look_back : 0;
    const std::size_t last = std::min(order.size(), end + k_look_back);
    std::unordered_set<SlotId> taken;
    for (const Seen* seen : said) taken.insert(seen->slot);
    const auto latest = [&](std::size_t from, std::size_t to, const Seen& seen) {
      for (; to > from; --to)
        if (same_message(work_.slots[order[to - 1]], seen) && !taken.contains(order[to - 1])) return to - 1;
      return k_nowhere;
    };
    std::size_t at = end;
    for (std::size_t j = first; j-- > 0;) {
      std::size_t found = latest(stop, at, *said[j]);
      if (found != k_nowhere) at = found;
      else found = latest(at, last, *said[j]);
      if (found == k_nowhere) continue;
      said[j]->slot = order[found];
      taken.insert(order[found]);
    }
  }

  /// What follows the last answer in the input may have been shown to another call that followed it: an attempt that
  /// failed or was thrown away, a question asked again for another answer. Those are the same messages.
  void share_question(const Call& call, std::vector<Seen>& input) const {
    const auto last = std::find_if(input.rbegin(), input.rend(), [&](const Seen& seen) {
      return seen.slot != k_none && work_.slots[seen.slot].answer_of != k_none;
    });
    const bool behind_known = last == input.rend();
    const SlotId answer = behind_known ? call.goes_on_behind : last->slot;
    if (answer == k_none) return;
    const std::vector<CallId>& followers = index_.followers(work_.slots[answer].answer_of);
    if (followers.empty()) return;
    std::vector<Seen*> added;
    for (auto seen = behind_known ? input.begin() : last.base(); seen != input.end(); ++seen)
      if (!is_system(seen->entry)) added.push_back(&*seen);
    std::vector<SlotId> best;
    for (auto before = followers.rbegin(); before != followers.rend(); ++before) {
      const std::vector<SlotId> shown = shown_after(work_.calls[*before], answer);
      std::size_t same = 0;
      while (same < shown.size() && same < added.size() && same_message(work_.slots[shown[same]], *added[same])) ++same;
      if (same > best.size() && !is_put_anew(work_.calls[*before], call, same == added.size()))
        best.assign(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(same));
    }
    for (std::size_t i = 0; i < best.size(); ++i)
      if (added[i]->slot == k_none) added[i]->slot = best[i];
  }

  std::vector<SlotId> shown_after(const Call& call, SlotId answer) const {
    if (call.goes_on_behind == answer) return slots_of(call.context);
    std::vector<SlotId> out = context_slots(call);
    out.erase(out.begin(), std::find(out.rbegin(), out.rend(), answer).base());
    return out;
  }

  /// A client that records late shows the answer, and what came after, in the input. Returns where to cut.
  std::size_t own_answer(const Call& call, const std::vector<Seen>& input) const {
    for (std::size_t j = 0; j < input.size(); ++j)
      if (input[j].slot == k_none && is_own_answer(call, input[j], j + 1 == input.size())) return j;
    return input.size();
  }

  bool is_own_answer(const Call& call, const Seen& seen, bool last) const {
    if (!is_assistant(seen.entry)) return false;
    return std::any_of(call.facts->answers.begin(), call.facts->answers.end(), [&](const messages::Answer& answer) {
      const MessageEntry* own = entry(answer.message);
      const bool by_id =
          std::any_of(own->message.tool_calls.begin(), own->message.tool_calls.end(), [&](const model::ToolCall& a) {
            return a.id.size() > k_short_id &&
                   std::any_of(seen.entry->message.tool_calls.begin(), seen.entry->message.tool_calls.end(),
                               [&](const auto& b) { return a.id == b.id; });
          });
      return by_id || (own->identity == seen.entry->identity && (call.facts->late_recording || last));
    });
  }

  void finish(CallId id, std::vector<Seen> input) {
    Call& call = work_.calls[id];
    input.resize(own_answer(call, input));
    share_question(call, input);
    if (call.lane == k_none) call.lane = work_.lanes++;
    if (call.lane >= lane_slots_.size()) lane_slots_.resize(call.lane + 1);
    auto& order = lane_slots_[call.lane];
    if (call.goes_on_behind != k_none) call.parent = work_.slots[call.goes_on_behind].answer_of;
    else if (call.goes_on_from != k_none) call.parent = work_.calls[call.goes_on_from].parent;

    for (Seen& seen : input) {
      if (is_system(seen.entry)) continue;
      if (seen.slot == k_none) {
        seen.slot = work_.add_slot(seen.entry, call.run);
        order.push_back(seen.slot);
      } else {
        learn(seen);
      }
      const Slot& slot = work_.slots[seen.slot];
      if (slot.answer_of != k_none && slot.answer_of != id) {
        call.parent = slot.answer_of;
        work_.calls[slot.answer_of].answer = seen.slot;  // the candidate that was taken up
      }
    }
    call.context = std::move(input);
    add_answers(id, order);
    if (call.facts->response_id != 0) responses_[call.facts->response_id] = id;
    if (call.facts->conversation != 0) responses_[call.facts->conversation] = id;  // its latest call
    index_.add(id);
  }

  /// Whether a client that joined a stream kept a call and lost what it was called with.
  static bool lost_arguments(const model::Message& said, const model::Message& resent) {
    if (said.tool_calls.size() != resent.tool_calls.size()) return false;
    bool lost = false;
    for (std::size_t i = 0; i < said.tool_calls.size(); ++i) {
      const model::ToolCall& a = said.tool_calls[i];
      const model::ToolCall& b = resent.tool_calls[i];
      if (a.id.empty() || a.id != b.id || a.name != b.name) return false;
      lost |= (a.arguments.empty() || a.arguments == "{}") && b.arguments.size() > 2;
    }
    return lost;
  }

  /// What a resent message tells of the first recording: reasoning, parts, text and a name that it lost, calls that it
  /// garbled.
  void learn(const Seen& seen) {
    Slot& slot = work_.slots[seen.slot];
    if (slot.answer_of == k_none || !is_assistant(slot.entry) || slot.entry == seen.entry) return;
    const model::Message& said = slot.entry->message;
    const model::Message& resent = seen.entry->message;
    const bool garbled = said.tool_calls.size() < resent.tool_calls.size() && slot.entry->calls_are_broken;
    const bool arguments_lost = lost_arguments(said, resent);
    const bool reasoning_lost = said.reasoning.empty() && !resent.reasoning.empty();
    const bool parts_lost =
        said.parts.empty() && !resent.parts.empty() && !said.tool_calls.empty() && said.content == resent.content;
    const bool text_lost =
        work_.calls[slot.answer_of].facts->text_lost && said.content.empty() && !resent.content.empty();
    const bool name_lost = said.name.empty() && !resent.name.empty();
    if (!garbled && !arguments_lost && !reasoning_lost && !parts_lost && !text_lost && !name_lost) return;
    model::Message mended = garbled ? resent : said;
    if (arguments_lost) mended.tool_calls = resent.tool_calls;
    if (text_lost) mended.content = resent.content;
    if (parts_lost) mended.parts = resent.parts;
    if (mended.name.empty()) mended.name = resent.name;
    if (mended.reasoning.empty()) mended.reasoning = resent.reasoning;
    if (mended.reasoning.empty()) mended.reasoning = said.reasoning;
    slot.entry = work_.make(std::move(mended));
    slot.origin = model::OriginKind::k_normalised;
  }

  void add_answers(CallId id, std::vector<SlotId>& order) {
    Call& call = work_.calls[id];
    for (const messages::Answer& answer : call.facts->answers) {
      const MessageEntry* said = entry(answer.message);
      model::OriginKind origin = model::OriginKind::k_verbatim;
      if (is_blank(said) && !call.run->failed) {
        if (auto calls = calls_of_tools_run(work_, id); !calls.empty()) {
          model::Message message = said->message;
          message.tool_calls = std::move(calls);
          said = work_.make(std::move(message));
          origin = model::OriginKind::k_inferred;
        }
      }
      const SlotId slot = work_.add_slot(said, call.run);
      work_.slots[slot].answer_of = id;
      work_.slots[slot].origin = origin;
      work_.slots[slot].cut = call.run->failed && answer.finish_reason == 0;
      call.answers.push_back(slot);
      order.push_back(slot);
    }
    // Until a later context says which candidate was taken up: the one that was returned, else the first.
    const auto returned = std::find_if(call.answers.begin(), call.answers.end(),
                                       [&](SlotId slot) { return reaches_output(work_, call, slot); });
    if (!call.answers.empty()) call.answer = returned == call.answers.end() ? call.answers.front() : *returned;
  }

  Work& work_;
  std::unordered_map<messages::TextId, CallId>&
      responses_;  ///< by id of a response, or of a conversation at the provider
  CallIndex index_;
  std::vector<std::vector<SlotId>> lane_slots_;  ///< by lane: its messages in order of appearance
};

}  // namespace

void link_calls(Work& work) {
  std::unordered_map<messages::TextId, CallId> responses;
  std::map<std::uint32_t, Linker> linkers;
  for (CallId id = 0; id < work.calls.size(); ++id) {
    const std::uint32_t path = work.scopes[work.calls[id].scope].path;
    linkers.try_emplace(path, work, responses).first->second.link(id);
  }
  join_replaced_contexts(work);
}

}  // namespace trajectory::build
