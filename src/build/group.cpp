#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/threads.h"
#include "build/build.h"
#include "build/order.h"
#include "build/run_tree.h"
#include "build/slots.h"
#include "build/untyped_runs.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;
using messages::Tables;
using messages::TextId;

/// Everything of a run that may reach the record, to order duplicates by whatever their place in the source. The
/// numbers hold the lengths of lists, too, so that only equal runs come out equal.
struct Everything {
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> numbers;
  auto operator<=>(const Everything&) const = default;
};

class Collector {
 public:
  explicit Collector(const Tables& tables) : tables_(tables) {}

  /// What decides where in a conversation a run belongs. A pass over the structure alone knows all of it.
  Everything collect_place(const RunFacts& run) {
    add_place(run);
    return std::move(out_);
  }

  Everything collect(const RunFacts& run) {
    add_place(run);
    texts(run.name, run.error, run.agent_name, run.node, run.agent_path, run.feedback);
    numbers(run.type, run.mark, run.handoff, run.pushed, run.failed, run.text_bytes);
    numbers(run.calls.size());
    for (const messages::CallFacts& call : run.calls) add(call);
    numbers(run.tool.has_value());
    if (run.tool) {
      texts(run.tool->name, run.tool->arguments, run.tool->output, run.tool->tool_call_id);
      numbers(run.tool->output_is_object);
    }
    numbers(run.output_texts.size());
    for (const std::uint64_t text : run.output_texts) numbers(text);
    numbers(run.instructions.has_value());
    if (run.instructions) message(*run.instructions);
    return std::move(out_);
  }

 private:
  template <class... Ids>
  void texts(Ids... ids) {
    (out_.texts.push_back(tables_.texts.get(ids)), ...);
  }
  template <class... Values>
  void numbers(Values... values) {
    (out_.numbers.push_back(static_cast<std::int64_t>(values)), ...);
  }
  void add_place(const RunFacts& run) {
    texts(run.project_id, run.parent_id, run.dotted_order);
    text_list(run.ancestors);
    numbers(run.thread_keys.size());
    for (const auto& [place, key] : run.thread_keys) {
      numbers(place);
      texts(key);
    }
    optional(run.start_time);
  }
  void optional(const std::optional<std::int64_t>& value) { numbers(value.has_value(), value.value_or(0)); }
  void text_list(const std::vector<TextId>& list) {
    numbers(list.size());
    for (const TextId id : list) texts(id);
  }

  void message(messages::MessageId id) {
    const model::Message& m = tables_.messages.get(id).message;
    numbers(m.role, m.tool_calls.size());
    out_.texts.insert(out_.texts.end(),
                      {m.original_role, m.content, m.parts, m.tool_call_id, m.name, m.reasoning, m.error});
    for (const model::ToolCall& call : m.tool_calls)
      out_.texts.insert(out_.texts.end(), {call.id, call.name, call.arguments});
  }
  void message_list(const std::vector<messages::MessageId>& list) {
    numbers(list.size());
    for (const messages::MessageId id : list) message(id);
  }

  void add(const messages::CallFacts& call) {
    numbers(call.answers.size());
    for (const messages::Answer& answer : call.answers) {
      message(answer.message);
      message_list(answer.results);
      texts(answer.finish_reason);
    }
    message_list(call.input);
    text_list(call.tools);
    texts(call.parameters, call.model, call.response_id, call.previous_response_id, call.conversation);
    out_.texts.push_back(call.shape);
    numbers(call.late_recording, call.text_lost);
    const model::Usage& usage = call.usage;
    for (const auto& figure :
         {usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.cache_read_tokens,
          usage.cache_creation_tokens, usage.reasoning_tokens, usage.cost})
      optional(figure);
  }

  const Tables& tables_;
  Everything out_;
};

/// The run that a duplicate leaves standing: the later end wins, then the finished one, then the one that says more.
/// Never the place in the source: the order of rows tells nothing. Rows that belong to different places are told apart
/// before their payloads are looked at, so that every pass over a source puts the run in one place.
bool supersedes(const RunFacts& a, const RunFacts& b, const Tables& tables) {
  const auto end = [](const RunFacts& run) { return run.end_time.value_or(-1); };
  if (end(a) != end(b)) return end(a) > end(b);
  if (a.pending != b.pending) return !a.pending;
  if (a.trace_id != b.trace_id) return tables.texts.get(a.trace_id) < tables.texts.get(b.trace_id);
  if (a.thread_keys.size() != b.thread_keys.size()) return a.thread_keys.size() > b.thread_keys.size();
  const Everything place = Collector(tables).collect_place(a);
  if (const auto other = Collector(tables).collect_place(b); place != other) return place < other;
  if (a.text_bytes != b.text_bytes) return a.text_bytes > b.text_bytes;
  return Collector(tables).collect(a) < Collector(tables).collect(b);
}

using Problems = std::vector<model::Problem>;

void note(Problems& problems, std::string kind, std::string_view place, std::string detail) {
  problems.push_back({std::move(kind), model::Severity::k_note, std::string(place), std::move(detail)});
}

std::vector<RunFacts> without_duplicates(std::vector<RunFacts> runs, const Tables& tables, BuildFigures& figures) {
  std::unordered_map<TextId, std::size_t> kept;
  kept.reserve(runs.size());
  std::size_t count = 0;
  for (RunFacts& run : runs) {
    const auto [found, added] = kept.emplace(run.id, count);
    if (added) {
      if (&run != &runs[count]) runs[count] = std::move(run);
      ++count;
      continue;
    }
    ++figures.runs_set_aside["duplicate_run"];
    note(figures.problems, "duplicate_run", tables.texts.get(run.id),
         "the row with the later end time counts, else the one that says more");
    if (supersedes(run, runs[found->second], tables)) runs[found->second] = std::move(run);
  }
  runs.resize(count);
  return runs;
}

/// Parents as they are present: the named one, else the nearest ancestor that is. A cycle is cut at its earliest run
/// (they are sorted by time).
class Ancestry {
 public:
  Ancestry(std::vector<RunFacts>& runs, const Tables& tables, Problems& problems)
      : runs_(runs), tables_(tables), problems_(problems) {
    at_.reserve(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) at_.emplace(runs[i].id, i);
  }

  void settle() {
    for (RunFacts& run : runs_) run.parent_id = present_parent(run);
    cut_cycles();
  }

 private:
  TextId present_parent(const RunFacts& run) {
    if (run.parent_id != 0 && run.parent_id != run.id && at_.contains(run.parent_id)) return run.parent_id;
    for (auto ancestor = run.ancestors.rbegin(); ancestor != run.ancestors.rend(); ++ancestor)
      if (*ancestor != run.id && at_.contains(*ancestor)) return orphan(run, *ancestor);
    // dotted_order: time and id of every ancestor, root first, joined by dots; the id is the last 36 characters.
    std::string_view order = tables_.texts.get(run.dotted_order);
    bool named_parent = run.parent_id != 0 || !run.ancestors.empty();
    for (std::size_t dot = order.rfind('.'); dot != std::string_view::npos; dot = order.rfind('.')) {
      order = order.substr(0, dot);
      const std::string_view id = order.substr(order.rfind('.') + 1);
      if (id.size() <= 36) break;
      const TextId found = find(id.substr(id.size() - 36));
      if (found != 0 && found != run.id) return named_parent ? orphan(run, found) : found;
      named_parent = true;
    }
    if (named_parent && run.id != run.trace_id) orphan(run, 0);
    return 0;
  }

  /// The run of that id, if it is present.
  TextId find(std::string_view id) {
    if (by_text_.empty())
      for (const RunFacts& run : runs_) by_text_.emplace(tables_.texts.get(run.id), run.id);
    const auto found = by_text_.find(id);
    return found == by_text_.end() ? 0 : found->second;
  }

  TextId orphan(const RunFacts& run, TextId stand_in) {
    const std::string_view dotted = tables_.texts.get(run.dotted_order);
    // A parent that only dotted_order or the list of ancestors names is no gap.
    if (run.parent_id == 0 && stand_in != 0 &&
        (run.ancestors.empty() ? !dotted.empty() : run.ancestors.back() == stand_in))
      return stand_in;
    note(problems_, "orphan_run", tables_.texts.get(run.id),
         stand_in == 0 ? "no ancestor is in the export" : "its parent is not in the export, a farther ancestor is");
    return stand_in;
  }

  /// Walks up from every run to one that was walked over before: each run is passed once.
  void cut_cycles() {
    constexpr std::size_t k_not_walked = SIZE_MAX;
    std::vector<std::size_t> walk_of(runs_.size(), k_not_walked);
    for (std::size_t from = 0; from < runs_.size(); ++from) {
      std::size_t at = from;
      while (walk_of[at] == k_not_walked && runs_[at].parent_id != 0) {
        walk_of[at] = from;
        at = at_.at(runs_[at].parent_id);
      }
      if (walk_of[at] == from && runs_[at].parent_id != 0) cut_cycle(at);
      if (walk_of[at] == k_not_walked) walk_of[at] = from;
    }
  }

  void cut_cycle(std::size_t on_it) {
    std::size_t earliest = on_it;
    for (std::size_t at = at_.at(runs_[on_it].parent_id); at != on_it; at = at_.at(runs_[at].parent_id))
      earliest = std::min(earliest, at);
    note(problems_, "parent_cycle", tables_.texts.get(runs_[earliest].id),
         "its ancestors lead back to it: taken as a root");
    runs_[earliest].parent_id = 0;
  }

  std::vector<RunFacts>& runs_;
  const Tables& tables_;
  Problems& problems_;
  std::unordered_map<TextId, std::size_t> at_;
  std::unordered_map<std::string_view, TextId> by_text_;  ///< filled when it is first asked
};

void sort_runs(std::vector<RunFacts>& runs, const Tables& tables) {
  const auto before = [&](const RunFacts& a, const RunFacts& b) {
    if (a.start_time != b.start_time) return a.start_time.value_or(INT64_MAX) < b.start_time.value_or(INT64_MAX);
    if (a.dotted_order != b.dotted_order) return tables.texts.get(a.dotted_order) < tables.texts.get(b.dotted_order);
    return tables.texts.get(a.id) < tables.texts.get(b.id);
  };
  std::sort(runs.begin(), runs.end(), before);
}

/// Gives model calls the system text that only the run above them shows. Those below a tool are another agent's.
void hand_down_instructions(std::vector<RunFacts>& runs, const Tables& tables) {
  if (std::none_of(runs.begin(), runs.end(), [](const RunFacts& run) { return run.instructions.has_value(); })) return;
  const RunTree tree(runs);
  std::vector<std::optional<messages::MessageId>> instructions(runs.size());
  for (const std::uint32_t at : tree.parents_first) {
    RunFacts& run = runs[at];
    const std::uint32_t parent = tree.parents[at];
    instructions[at] = run.instructions;
    if (!run.instructions && parent != k_none && run.type != model::RunType::k_tool)
      instructions[at] = instructions[parent];
    if (!instructions[at]) continue;
    for (messages::CallFacts& call : run.calls) {
      const bool has_its_own = std::any_of(call.input.begin(), call.input.end(), [&](messages::MessageId message) {
        return tables.messages.get(message).message.role == model::Role::k_system;
      });
      if (!has_its_own && !call.input.empty()) call.input.insert(call.input.begin(), *instructions[at]);
    }
  }
}

Trace make_trace(std::vector<RunFacts> runs, const Tables& tables, Problems& problems) {
  const TextId id = runs.front().trace_id;
  Trace trace;
  trace.id = tables.texts.get(id);
  sort_runs(runs, tables);
  find_tool_runs(runs, tables);
  // OpenTelemetry's roots have ids of their own; what else names no parent is a root as well.
  const auto names_no_parent = [&](const RunFacts& run) {
    return run.parent_id == 0 && run.ancestors.empty() &&
           tables.texts.get(run.dotted_order).find('.') == std::string_view::npos;
  };
  const auto stands_alone = std::find_if(runs.begin(), runs.end(), names_no_parent);
  const TextId root_id = std::any_of(runs.begin(), runs.end(), [&](const RunFacts& run) { return run.id == id; }) ||
                                 stands_alone == runs.end()
                             ? id
                             : stands_alone->id;
  Ancestry(runs, tables, problems).settle();
  hand_down_instructions(runs, tables);
  const auto is_root = [&](const RunFacts& run) { return run.id == root_id; };
  const auto no_parent = [](const RunFacts& run) { return run.parent_id == 0; };
  auto root = std::find_if(runs.begin(), runs.end(), is_root);
  if (root == runs.end()) {
    note(problems, "missing_root", trace.id, "the trace's root is not in the export: its earliest run stands in");
    root = std::find_if(runs.begin(), runs.end(), no_parent);
  }
  trace.root = root == runs.end() ? 0 : static_cast<std::size_t>(root - runs.begin());
  trace.runs = std::move(runs);
  return trace;
}

/// The traces of these runs, in any order.
std::vector<Trace> make_traces(std::vector<RunFacts> runs, const Tables& tables, Problems& problems, unsigned threads) {
  constexpr std::size_t k_at_once = 64;
  std::unordered_map<TextId, std::size_t> number_of;
  std::vector<std::size_t> sizes;
  for (const RunFacts& run : runs) {
    const auto [number, added] = number_of.emplace(run.trace_id, sizes.size());
    if (added) sizes.push_back(0);
    ++sizes[number->second];
  }
  std::vector<std::vector<RunFacts>> runs_of(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) runs_of[i].reserve(sizes[i]);
  for (RunFacts& run : runs) runs_of[number_of.at(run.trace_id)].push_back(std::move(run));
  runs = {};

  std::vector<Trace> traces(sizes.size());
  std::vector<Problems> problems_of((sizes.size() + k_at_once - 1) / k_at_once);
  const base::Status status = base::parallel_for(threads, problems_of.size(), [&](std::size_t batch, unsigned) {
    const std::size_t end = std::min(sizes.size(), (batch + 1) * k_at_once);
    for (std::size_t i = batch * k_at_once; i < end; ++i)
      traces[i] = make_trace(std::move(runs_of[i]), tables, problems_of[batch]);
    return base::Status();
  });
  static_cast<void>(status);  // no batch can fail
  for (Problems& of_batch : problems_of) std::ranges::move(of_batch, std::back_inserter(problems));
  return traces;
}

model::Micros start_of(const Trace& trace) { return trace.runs[trace.root].start_time.value_or(INT64_MAX); }

void sort_traces(std::vector<Trace>& traces, const Tables& tables) {
  std::sort(traces.begin(), traces.end(), [](const Trace& a, const Trace& b) {
    return std::pair(start_of(a), std::string_view(a.id)) < std::pair(start_of(b), std::string_view(b.id));
  });
  for (auto first = traces.begin(); first != traces.end();) {
    const auto last =
        std::find_if(first, traces.end(), [&](const Trace& trace) { return start_of(trace) != start_of(*first); });
    if (last - first > 1) {
      std::vector<Tied> tied;
      for (auto trace = first; trace != last; ++trace) {
        Tied& one = tied.emplace_back();
        for (const RunFacts& run : trace->runs) add_calls(one, run, tables);
        one.clock = start_in_dotted_order(tables.texts.get(trace->runs[trace->root].dotted_order));
        one.end = trace->runs[trace->root].end_time.value_or(INT64_MAX);
      }
      std::vector<Trace> sorted;
      for (const std::size_t i : order_tied(tied)) sorted.push_back(std::move(first[static_cast<std::ptrdiff_t>(i)]));
      std::move(sorted.begin(), sorted.end(), first);
    }
    first = last;
  }
}

/// The trace's thread key: the root's own first, then the best key of any of its runs.
std::pair<std::uint8_t, TextId> thread_key(const Trace& trace) {
  const auto& of_root = trace.runs[trace.root].thread_keys;
  if (!of_root.empty()) return of_root.front();
  const std::pair<std::uint8_t, TextId>* best = nullptr;
  for (const RunFacts& run : trace.runs)
    if (!run.thread_keys.empty() && (best == nullptr || run.thread_keys.front().first < best->first))
      best = &run.thread_keys.front();
  return best == nullptr ? std::pair<std::uint8_t, TextId>{0, 0} : *best;
}

}  // namespace

std::vector<Conversation> group_runs(std::vector<RunFacts> runs, const std::vector<std::string>& thread_keys,
                                     const Tables& tables, BuildFigures& figures, unsigned threads) {
  std::vector<Trace> traces =
      make_traces(without_duplicates(std::move(runs), tables, figures), tables, figures.problems, threads);
  const auto place_of = [&](const std::string& thread_key) -> std::size_t {
    return static_cast<std::size_t>(std::find(thread_keys.begin(), thread_keys.end(), thread_key) -
                                    thread_keys.begin());
  };
  std::map<std::pair<std::string, std::string>, Conversation> conversations;
  for (Trace& trace : traces) {
    const auto [key, value] = thread_key(trace);
    std::string name(value == 0 ? std::string_view(trace.id) : tables.texts.get(value));
    const TextId project_id = trace.runs[trace.root].project_id;
    for (const RunFacts& run : trace.runs)
      if (run.project_id != project_id && run.project_id != 0)
        note(figures.problems, "run_of_another_project", tables.texts.get(run.id),
             "its trace's root is in another project: the trace stays whole and belongs there");
    std::string project(tables.texts.get(project_id));
    Conversation& conversation = conversations[{name, project}];
    conversation.id = std::move(name);
    conversation.project_id = std::move(project);
    if (value != 0)
      conversation.thread_key = thread_keys[std::min<std::size_t>(key, place_of(conversation.thread_key))];
    conversation.traces.push_back(std::move(trace));
  }

  std::vector<Conversation> out;
  for (auto& [key, conversation] : conversations) {
    sort_traces(conversation.traces, tables);
    out.push_back(std::move(conversation));
  }
  return out;
}

}  // namespace trajectory::build
