#include "build/lane_path.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "build/whole_context.h"

namespace trajectory::build {

namespace {

/// A shorter quote may be chance.
constexpr std::size_t k_quote = 20;
/// Calls behind a summariser's among which its answer is looked for.
constexpr CallId k_soon = 16;

SlotId first_system(const Call& call) {
  for (const Seen& seen : call.context)
    if (is_system(seen.entry)) return seen.slot;
  return k_none;
}

/// Whether the call was given another system text than the one that it continues.
bool is_foreign(const Work& work, const Call& call) {
  // Instructions of a stateful request are not inherited: their absence says nothing.
  if (call.parent == k_none || call.facts->is_stateful()) return false;
  return first_system(call) != first_system(work.calls[call.parent]);
}

/// How far a call and all that continues it get. Ordered: further is greater.
struct Reach {
  bool answered = false;
  std::uint32_t trace = 0;  ///< of the latest answer
  bool output = false;      ///< an answer in that trace is what the trace returned
  CallId call = 0;
  auto operator<=>(const Reach&) const = default;
};

class PathFinder {
 public:
  PathFinder(const Work& work, const std::vector<CallId>& calls) : work_(work), calls_(calls) {}

  LanePath find() {
    std::map<std::uint32_t, std::vector<CallId>> beginnings;  // by lane of linked calls
    const std::set<CallId> mine(calls_.begin(), calls_.end());
    for (const CallId id : calls_) {
      if (call(id).parent != k_none && mine.contains(call(id).parent)) children_[call(id).parent].push_back(id);
      else beginnings[call(id).lane].push_back(id);
    }
    measure();
    for (const auto& [lane, from] : beginnings) follow(from);
    for (const CallId id : out_.main) instructions_.insert(first_system(call(id)));
    for (auto& branch : off_path_) sort_out(std::move(branch));
    std::sort(out_.main.begin(), out_.main.end());
    std::sort(out_.branches.begin(), out_.branches.end());
    std::sort(out_.helpers.begin(), out_.helpers.end());
    return std::move(out_);
  }

 private:
  const Call& call(CallId id) const { return work_.calls[id]; }

  const std::vector<CallId>& children(CallId id) const {
    static const std::vector<CallId> none;
    const auto found = children_.find(id);
    return found == children_.end() ? none : found->second;
  }

  /// An answer, unless it is the part of one that nobody took up.
  bool is_answered(CallId id) const {
    return call(id).answer != k_none && !(work_.slots[call(id).answer].cut && children(id).empty());
  }

  void measure() {
    // Ids grow with time: children come after their parents.
    for (auto id = calls_.rbegin(); id != calls_.rend(); ++id) {
      Reach reach;
      if (is_answered(*id)) {
        reach = {true, call(*id).trace, reaches_output(work_, call(*id), call(*id).answer), *id};
        if (reach.output) returned_.insert(reach.trace);
      }
      for (const CallId child : children(*id)) reach = std::max(reach, reach_.at(child));
      reach_[*id] = reach;
    }
  }

  void follow(const std::vector<CallId>& from) {
    const std::vector<CallId>* next = &from;
    while (!next->empty()) {
      const CallId at = choose(*next);
      if (at == k_none) return;
      out_.main.push_back(at);
      next = &children(at);
    }
  }

  CallId choose(const std::vector<CallId>& from) {
    const auto rank = [&](CallId id) {
      const Reach& reach = reach_.at(id);
      return std::tuple(reach.answered, reach.trace, reach.output, !is_foreign(work_, call(id)), reach.call);
    };
    CallId chosen = *std::max_element(from.begin(), from.end(), [&](CallId a, CallId b) { return rank(a) < rank(b); });
    if (leads_nowhere(chosen) || stands_in_for_failed(chosen, from)) chosen = k_none;
    std::map<CallId, std::vector<CallId>> off_path;
    for (const CallId id : from)
      if (id != chosen && reach_.at(id).answered) off_path[id] = with_descendants(id);
    for (const CallId id : from) {
      if (id == chosen) continue;
      const auto branch = off_path.find(id);
      if (branch == off_path.end()) {
        // A failed attempt belongs to the path that went on from its question.
        const auto owner = std::find_if(off_path.begin(), off_path.end(), [&](const auto& other) {
          return other.first > id && continues_question(other.first, id);
        });
        const bool off = owner != off_path.end() && !(chosen != k_none && continues_question(chosen, id));
        const std::vector<CallId> failed = with_descendants(id);
        auto& into = off ? owner->second : out_.main;
        into.insert(into.end(), failed.begin(), failed.end());
      } else if (chosen != k_none && is_failed_turn(branch->second, chosen)) {
        out_.main.insert(out_.main.end(), branch->second.begin(), branch->second.end());
        off_path.erase(branch);
      }
    }
    for (auto& [id, branch] : off_path) off_path_.push_back(std::move(branch));
    return chosen;
  }

  /// Whether the last message that the failed call was shown stands in the other's context too.
  bool continues_question(CallId other, CallId failed) const {
    if (first_system(call(other)) != first_system(call(failed))) return false;
    const SlotId last = last_seen(work_, call(failed));
    return last != k_none && saw(work_, call(other), last);
  }

  /// Splits what is off the path into a path of its own and the helpers that were shown its context.
  void sort_out(std::vector<CallId> branch) {
    std::sort(branch.begin(), branch.end());
    const bool helper = is_helper(branch.front());
    std::vector<CallId> own;
    std::set<CallId> aside;
    for (const CallId id : branch) {
      const bool below = aside.contains(call(id).parent);
      if (!helper && (below || is_helper(id))) {
        aside.insert(id);
        if (below) out_.helpers.back().push_back(id);
        else out_.helpers.push_back({id});
      } else {
        own.push_back(id);
      }
    }
    (helper ? out_.helpers : out_.branches).push_back(std::move(own));
  }

  /// Shown the lane's context under instructions that no call of the path has, for something else than the trace's
  /// answer.
  bool is_helper(CallId id) const {
    if (call(id).run->mark == messages::AgentMark::k_helper || is_quoted(id)) return true;
    const bool foreign = call(id).parent == k_none || is_foreign(work_, call(id));
    return foreign && !instructions_.contains(first_system(call(id))) &&
           (!reach_.at(id).output || follows_final_answer(id));
  }

  /// A summariser: its answer goes into the instructions or a user text of a later call, and none has it as an answer.
  bool is_quoted(CallId id) const { return children(id).empty() && trace_of_quote(id) != k_none; }

  std::uint32_t trace_of_quote(CallId id) const {
    if (call(id).answer == k_none) return k_none;
    const std::string& answer = work_.slots[call(id).answer].entry->message.content;
    if (answer.size() < k_quote) return k_none;
    const auto quotes = [&](const Seen& seen) {
      const model::Message& message = seen.entry->message;
      return (message.role == model::Role::k_system || message.role == model::Role::k_user) &&
             message.content.find(answer) != std::string::npos;
    };
    const CallId end = std::min<CallId>(static_cast<CallId>(work_.calls.size()), id + k_soon);
    for (CallId later = id + 1; later < end; ++later)
      if (std::any_of(call(later).context.begin(), call(later).context.end(), quotes)) return call(later).trace;
    return k_none;
  }

  /// The trace had returned an answer, in this very trace, when this call was made.
  bool follows_final_answer(CallId id) const {
    if (call(id).parent == k_none) return false;
    const Call& parent = call(call(id).parent);
    return reach_.at(id).trace == parent.trace && parent.answer != k_none &&
           work_.slots[parent.answer].entry->message.tool_calls.empty() && reaches_output(work_, parent, parent.answer);
  }

  /// Not a continuation although nothing else follows: a title maker, a guard, a question about a talk that had its
  /// answer. An agent that was handed the talk over gives what the trace returns, or what later turns go on from.
  bool leads_nowhere(CallId id) const {
    const Reach& reach = reach_.at(id);
    if (!reach.answered || call(id).parent == k_none) return false;
    if (!reach.output && children(id).empty() && call(id).trace == trace_of_quote(id)) return true;
    if (!is_foreign(work_, call(id))) return !reach.output && follows_final_answer(id);
    if (follows_final_answer(id)) return true;
    if (reach.output) return false;
    const Call& parent = call(call(id).parent);
    return returned_.contains(reach.trace) || (reach.trace == parent.trace && parent.answer != k_none &&
                                               work_.slots[parent.answer].entry->message.tool_calls.empty());
  }

  /// Foreign, beside a call of the lane that failed in that trace: a guard's or router's answer is not the agent's.
  bool stands_in_for_failed(CallId id, const std::vector<CallId>& siblings) const {
    if (!is_foreign(work_, call(id)) || reach_.at(id).trace != call(id).trace) return false;
    return std::any_of(siblings.begin(), siblings.end(), [&](CallId other) {
      return !reach_.at(other).answered && call(other).trace == call(id).trace && !is_foreign(work_, call(other));
    });
  }

  /// A turn whose last call failed and that the client left out of later contexts: it took place all the same.
  bool is_failed_turn(const std::vector<CallId>& branch, CallId instead) const {
    const std::uint32_t trace = call(branch.front()).trace;
    const Trace& t = work_.conversation.traces[trace];
    if (is_answered(branch.back()) || call(branch.back()).trace != trace || call(instead).trace == trace) return false;
    return t.runs[t.root].failed || continues_question(instead, branch.front());
  }

  std::vector<CallId> with_descendants(CallId id) const {
    std::vector<CallId> out{id};
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::vector<CallId>& below = children(out[i]);
      out.insert(out.end(), below.begin(), below.end());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  const Work& work_;
  const std::vector<CallId>& calls_;
  std::unordered_map<CallId, std::vector<CallId>> children_;
  std::unordered_map<CallId, Reach> reach_;
  std::vector<std::vector<CallId>> off_path_;
  std::set<SlotId> instructions_;     ///< first system texts of the path's calls
  std::set<std::uint32_t> returned_;  ///< traces that returned an answer of this lane
  LanePath out_;
};

}  // namespace

bool reaches_output(const Work& work, const Call& call, SlotId answer) {
  const std::uint64_t text = work.slots[answer].entry->text_hash;
  const Scope& scope = work.scopes[call.scope];
  if (scope.tool_run != nullptr) return scope.output_text == text;
  const Trace& trace = work.conversation.traces[call.trace];
  const auto& outputs = trace.runs[trace.root].output_texts;
  return std::binary_search(outputs.begin(), outputs.end(), text);
}

LanePath find_path(const Work& work, const std::vector<CallId>& calls) { return PathFinder(work, calls).find(); }

}  // namespace trajectory::build
