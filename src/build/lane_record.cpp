#include "build/lane_record.h"

#include <algorithm>
#include <unordered_map>

#include "base/sha256.h"
#include "build/align.h"
#include "build/lane_path.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;

/// A line of messages under construction: the main line of a lane, or an alternative behind its beginning.
struct Line {
  std::vector<SlotId> order;
  std::unordered_map<SlotId, std::uint32_t> place;
  std::unordered_map<SlotId, bool> seen_only;

  void add(SlotId slot) {
    if (place.emplace(slot, static_cast<std::uint32_t>(order.size())).second) order.push_back(slot);
  }
  void renumber(std::uint32_t from = 0) {
    place.clear();
    for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = from + i;
  }
};

class Recorder {
 public:
  Recorder(Work& work, bool helper, ToolRuns& tool_runs, DefinitionTable& definitions)
      : work_(work), helper_(helper), tool_runs_(tool_runs), definitions_(definitions) {}

  LaneRecord record(const std::vector<CallId>& calls) {
    assign_systems(calls);
    if (helper_) remember_forms(calls);
    // A helper's calls are independent of one another, whatever contexts they share.
    const LanePath path = helper_ ? LanePath{calls, {}, {}} : find_path(work_, calls);
    Line line;
    for (const CallId id : path.main) place(id, line);
    drop_unheld_partial(path, line);
    answer_tool_calls(line);
    line.renumber();
    record_line(line, 0, model::TrainableStatus::k_trainable, out_.lane.messages);
    for (const CallId id : path.main) {
      out_.lane.calls.push_back(record_call(id, line.place));
      out_.calls.push_back(id);
    }
    for (const CallId id : path.main) record_candidates(id, line);
    for (const auto& branch : path.branches) record_branch(branch, line);
    out_.helpers = path.helpers;
    std::stable_sort(out_.lane.alternatives.begin(), out_.lane.alternatives.end(),
                     [](const model::Alternative& a, const model::Alternative& b) { return a.at_message < b.at_message; });
    return std::move(out_);
  }

 private:
  const Slot& slot(SlotId id) const { return work_.slots[id]; }

  /// A helper may have been shown a message in another form than the main line: its own first form counts here.
  void remember_forms(const std::vector<CallId>& calls) {
    for (const CallId id : calls)
      for (const Seen& seen : work_.calls[id].context)
        if (seen.slot != k_none && !seen.placeholder) first_forms_.emplace(seen.slot, seen.entry);
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
    for (const SlotId known : systems_)
      if (slot(known).entry->identity == seen.entry->identity) return known;
    if (reference != nullptr && reference->agent == call.agent) {
      std::size_t at = 0;
      for (const Seen& other : reference->context) {
        if (!is_system(other.entry)) continue;
        if (at++ == ordinal && other.slot != k_none && similar_text(other.entry->message.content, seen.entry->message.content)) return other.slot;
      }
    }
    systems_.push_back(work_.add_slot(seen.entry, call.run));
    return systems_.back();
  }

  // ---- placing messages

  void place(CallId id, Line& line) {
    const Call& call = work_.calls[id];
    std::size_t history = 0;  // behind the last answer that no recorded call gave
    for (std::size_t i = 0; i < call.context.size(); ++i) {
      const Seen& seen = call.context[i];
      if (seen.slot != k_none && is_assistant(seen.entry) && slot(seen.slot).answer_of == k_none && !line.place.contains(seen.slot)) history = i + 1;
    }
    for (std::size_t i = 0; i < call.context.size(); ++i) {
      const Seen& seen = call.context[i];
      if (seen.slot == k_none || (seen.placeholder && slot(seen.slot).entry == seen.entry && !is_assistant(seen.entry))) continue;
      if (i < history && !is_system(seen.entry) && !line.place.contains(seen.slot) && slot(seen.slot).answer_of == k_none) line.seen_only[seen.slot] = true;
      line.add(seen.slot);
    }
    if (call.answer != k_none) line.add(call.answer);
  }

  /// A stream that broke off and that no later context holds is no message of the main line.
  void drop_unheld_partial(const LanePath& path, Line& line) {
    for (const CallId id : path.main) {
      Call& call = work_.calls[id];
      if (call.answer == k_none || !slot(call.answer).cut) continue;
      const bool held = std::any_of(work_.calls.begin(), work_.calls.end(), [&](const Call& other) { return other.parent == id; });
      if (held) continue;
      std::erase(line.order, call.answer);
      partial_.push_back(id);
      call.answer = k_none;
    }
  }

  // ---- tool results

  struct OpenCall {
    SlotId assistant;
    std::size_t index;
    bool answered = false;
  };

  /// Leads every tool message to its call, every call to its tool's run, and takes results that no model saw from there.
  void answer_tool_calls(Line& line) {
    std::vector<OpenCall> open;
    for (const SlotId id : line.order) {
      const messages::MessageEntry* entry = slot(id).entry;
      for (std::size_t i = 0; i < entry->message.tool_calls.size(); ++i) {
        if (entry->message.tool_calls[i].id.empty() && !made_ids_.contains({id, i})) made_ids_[{id, i}] = "call-" + std::to_string(++made_);
        open.push_back({id, i});
      }
      if (is_tool(entry)) resolve(id, open);
    }
    for (const OpenCall& call : open) link_run(call);
    for (const OpenCall& call : open)
      if (!call.answered) complete(call, line);
  }

  const model::ToolCall& call_of(const OpenCall& open) const { return slot(open.assistant).entry->message.tool_calls[open.index]; }

  std::string id_of(SlotId assistant, std::size_t index) const {
    const auto made = made_ids_.find({assistant, index});
    return made == made_ids_.end() ? slot(assistant).entry->message.tool_calls[index].id : made->second;
  }

  void resolve(SlotId tool, std::vector<OpenCall>& open) {
    const model::Message& message = slot(tool).entry->message;
    const auto take = [&](auto&& fits) {
      // Ids may repeat from answer to answer: the latest answer's call counts, within it the first that is open.
      for (auto last = open.rbegin(); last != open.rend();) {
        const SlotId assistant = last->assistant;
        auto first = last;
        while (first != open.rend() && first->assistant == assistant) ++first;
        for (auto call = first.base(); call != last.base(); ++call) {
          if (call->answered || !fits(*call)) continue;
          call->answered = true;
          resolved_[tool] = {assistant, call->index};
          return true;
        }
        last = first;
      }
      return false;
    };
    if (!message.tool_call_id.empty()) {
      take([&](const OpenCall& call) { return call_of(call).id == message.tool_call_id; });
      return;
    }
    if (!take([&](const OpenCall& call) { return call_of(call).name == message.name; }) && message.name.empty()) take([](const OpenCall&) { return true; });
  }

  void link_run(const OpenCall& open) {
    const ToolRuns::Link link = tool_runs_.take(call_of(open), slot(open.assistant).answer_of);
    if (link.run == nullptr) return;
    runs_[{open.assistant, open.index}] = link;
    out_.tool_runs[link.run] = id_of(open.assistant, open.index);
  }

  void complete(const OpenCall& open, Line& line) {
    const SlotId result = result_slot(open);
    if (result == k_none) {
      unanswered_[open.assistant] = true;
      return;
    }
    resolved_[result] = {open.assistant, open.index};
    auto at = std::find(line.order.begin(), line.order.end(), open.assistant) + 1;
    while (at != line.order.end() && is_tool(slot(*at).entry)) ++at;
    line.order.insert(at, result);
  }

  /// A result that no later input shows: from the answer's own payload, else from the tool's run.
  SlotId result_slot(const OpenCall& open) {
    const CallId asked_by = slot(open.assistant).answer_of;
    if (asked_by != k_none) {
      const Call& call = work_.calls[asked_by];
      for (const messages::Answer& answer : call.facts->answers)
        for (const messages::MessageId id : answer.results) {
          const messages::MessageEntry* entry = &work_.tables.messages.get(id);
          if (is_tool(entry) && entry->message.tool_call_id == call_of(open).id) return work_.add_slot(entry, call.run);
        }
    }
    const auto link = runs_.find({open.assistant, open.index});
    if (link == runs_.end()) return k_none;
    const RunFacts& run = *link->second.run;
    const std::string_view error = work_.text(run.error);
    const bool interrupted = error.starts_with("GraphInterrupt") || error.starts_with("NodeInterrupt");
    if (run.pending || interrupted || (run.failed && run.tool->output == 0 && error.empty())) return k_none;
    model::Message message;
    message.role = model::Role::k_tool;
    message.name = work_.text(run.tool->name);
    message.content = run.failed && run.tool->output == 0 ? error_sentence(error) : std::string(work_.text(run.tool->output));
    if (run.failed) message.error = error_sentence(error);
    const SlotId out = work_.add_slot(work_.make(std::move(message)), &run);
    work_.slots[out].from_tool_run = true;
    return out;
  }

  // ---- writing down

  void record_line(const Line& line, std::size_t from, model::TrainableStatus answers, std::vector<model::TranscriptMessage>& into) {
    for (std::size_t i = from; i < line.order.size(); ++i) {
      const auto seen_only = line.seen_only.find(line.order[i]);
      into.push_back(record_message(line.order[i], answers, seen_only != line.seen_only.end()));
    }
  }

  model::TranscriptMessage record_message(SlotId id, model::TrainableStatus answers, bool seen_only) {
    const Slot& s = slot(id);
    model::TranscriptMessage out;
    out.message = form(id)->message;
    for (std::size_t i = 0; i < out.message.tool_calls.size(); ++i) out.message.tool_calls[i].id = id_of(id, i);
    out.origin = {std::string(work_.text(s.run->id)), s.answer_of != k_none || s.from_tool_run ? "outputs" : "inputs", s.origin};
    out.time = s.answer_of != k_none ? s.run->end_time : s.run->start_time;
    out.cut = s.cut;
    out.seen_only_as_input = seen_only;
    out.unanswered_calls = unanswered_.contains(id);
    if (is_assistant(s.entry) && s.answer_of != k_none && !s.cut) {
      const bool superseded = answers == model::TrainableStatus::k_superseded;
      out.trainable = superseded ? answers : helper_ ? model::TrainableStatus::k_not_trainable : model::TrainableStatus::k_trainable;
    } else if (is_assistant(s.entry) && answers == model::TrainableStatus::k_superseded) {
      out.trainable = answers;
    }
    if (s.summary) out.trainable = model::TrainableStatus::k_summarization_boundary;
    if (is_tool(s.entry)) add_tool_facts(id, out);
    return out;
  }

  void add_tool_facts(SlotId id, model::TranscriptMessage& out) {
    const auto resolved = resolved_.find(id);
    if (resolved == resolved_.end()) return;
    const auto [assistant, index] = resolved->second;
    const model::ToolCall& call = slot(assistant).entry->message.tool_calls[index];
    if (out.message.tool_call_id.empty() && !slot(id).from_tool_run) out.origin.kind = model::OriginKind::k_inferred;
    out.message.tool_call_id = id_of(assistant, index);
    if (out.message.name.empty()) out.message.name = call.name;
    const auto link = runs_.find({assistant, index});
    if (link == runs_.end()) return;
    const RunFacts& run = *link->second.run;
    const std::string_view output = work_.text(run.tool->output);
    model::ToolRun tool_run{.run_id = std::string(work_.text(run.id)), .raw_output_sha256 = {}, .start_time = run.start_time, .end_time = run.end_time,
                            .linked_by_order = link->second.by_order};
    if (output != out.message.content && !output.empty()) tool_run.raw_output_sha256 = base::sha256_hex(output);
    if (run.failed && out.message.error.empty()) out.message.error = run.error == 0 ? out.message.content : error_sentence(work_.text(run.error));
    if (slot(id).from_tool_run) out.time = run.end_time;
    out.tool_run = std::move(tool_run);
  }

  model::ModelCall record_call(CallId id, const std::unordered_map<SlotId, std::uint32_t>& places) {
    const Call& call = work_.calls[id];
    model::ModelCall out;
    for (const Seen& seen : call.context) {
      const auto place = seen.slot == k_none ? places.end() : places.find(seen.slot);
      if (place == places.end()) continue;
      const std::uint32_t at = place->second;
      if (!out.context.empty() && out.context.back().second == at) ++out.context.back().second;
      else out.context.emplace_back(at, at + 1);
      if (is_variant(seen)) out.variants[at] = {seen.entry->message.content, seen.entry->message.parts};
    }
    if (call.answer != k_none)
      if (const auto place = places.find(call.answer); place != places.end()) out.answer = place->second;
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

  bool is_variant(const Seen& seen) const {
    const messages::MessageEntry* entry = form(seen.slot);
    if (seen.placeholder || entry == seen.entry || entry->form == seen.entry->form) return false;
    const model::Message& first = entry->message;
    const model::Message& here = seen.entry->message;
    return first.content != here.content || first.parts != here.parts;
  }

  // ---- alternatives

  void record_candidates(CallId id, const Line& line) {
    const Call& call = work_.calls[id];
    const bool partial = std::find(partial_.begin(), partial_.end(), id) != partial_.end();
    for (const SlotId candidate : call.answers) {
      if (candidate == call.answer) continue;
      model::Alternative alternative;
      alternative.reason = partial ? "partial" : "candidate";
      const auto place = call.answer == k_none ? line.place.end() : line.place.find(call.answer);
      alternative.at_message = place == line.place.end() ? end_of_context(call, line) : place->second;
      alternative.messages.push_back(record_message(candidate, model::TrainableStatus::k_superseded, false));
      out_.lane.alternatives.push_back(std::move(alternative));
    }
  }

  /// The place behind those messages of the main line that the context begins with.
  static std::uint32_t end_of_context(const Call& call, const Line& main) {
    std::uint32_t at = 0;
    for (const Seen& seen : call.context) {
      const auto place = seen.slot == k_none ? main.place.end() : main.place.find(seen.slot);
      if (place == main.place.end()) break;
      at = std::max(at, place->second + 1);
    }
    return at;
  }

  void record_branch(const std::vector<CallId>& calls, const Line& main) {
    const Call& first = work_.calls[calls.front()];
    const std::uint32_t at = end_of_context(first, main);
    Line line;
    for (SlotId shared : std::vector<SlotId>(main.order.begin(), main.order.begin() + at)) line.add(shared);
    for (const CallId id : calls) place(id, line);
    Line own;
    own.order.assign(line.order.begin() + at, line.order.end());
    answer_tool_calls(own);
    line.order.resize(at);
    line.order.insert(line.order.end(), own.order.begin(), own.order.end());
    line.renumber();

    model::Alternative alternative;
    alternative.at_message = at;
    const bool cut = first.answer != k_none && slot(first.answer).cut;
    const bool same_trace = std::any_of(out_.calls.begin(), out_.calls.end(), [&](CallId id) { return work_.calls[id].trace == first.trace; });
    alternative.reason = cut ? "partial" : same_trace ? "retry" : "regeneration";
    record_line(line, at, model::TrainableStatus::k_superseded, alternative.messages);
    for (const CallId id : calls) alternative.calls.push_back(record_call(id, line.place));
    out_.lane.alternatives.push_back(std::move(alternative));
  }

  Work& work_;
  bool helper_;
  ToolRuns& tool_runs_;
  DefinitionTable& definitions_;
  LaneRecord out_;
  std::unordered_map<SlotId, const messages::MessageEntry*> first_forms_;  ///< helpers: the form that they saw first
  std::vector<SlotId> systems_;
  std::vector<CallId> partial_;
  std::map<std::pair<SlotId, std::size_t>, std::string> made_ids_;
  std::size_t made_ = 0;
  std::unordered_map<SlotId, std::pair<SlotId, std::size_t>> resolved_;  ///< tool message: its assistant and call
  std::map<std::pair<SlotId, std::size_t>, ToolRuns::Link> runs_;
  std::unordered_map<SlotId, bool> unanswered_;
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

std::string error_sentence(std::string_view error) {
  for (const std::string_view trace : {"\n\nTraceback", "Traceback (most recent", "\n    at "})
    error = error.substr(0, error.find(trace));
  while (!error.empty() && (error.back() == '\n' || error.back() == ' ')) error.remove_suffix(1);
  // Python writes an exception as its constructor call: ValueError('text').
  const std::size_t quote = error.find_first_of("'\"");
  if (quote != std::string_view::npos && quote > 0 && error[quote - 1] == '(' && error.ends_with(std::string{error[quote]} + ")"))
    return std::string(error.substr(quote + 1, error.size() - quote - 3));
  // JavaScript as its name and message: Error: text.
  const std::size_t colon = error.find(": ");
  if (colon != std::string_view::npos && error.substr(0, colon).find(' ') == std::string_view::npos && error.substr(0, colon).ends_with("Error"))
    return std::string(error.substr(colon + 2));
  return std::string(error);
}

LaneRecord record_lane(Work& work, const std::vector<CallId>& calls, bool helper, ToolRuns& tool_runs, DefinitionTable& definitions) {
  return Recorder(work, helper, tool_runs, definitions).record(calls);
}

}  // namespace trajectory::build
