#include "build/tool_results.h"

#include "base/sha256.h"
#include "build/error_sentence.h"

namespace trajectory::build {

using messages::RunFacts;

std::vector<SlotId> ToolResults::complete(const std::vector<SlotId>& order) {
  OpenCalls open;
  for (const SlotId id : order) {
    const messages::MessageEntry* entry = slot(id).entry;
    for (std::size_t i = 0; i < entry->message.tool_calls.size(); ++i) {
      if (entry->message.tool_calls[i].id.empty() && !made_ids_.contains({id, i}))
        made_ids_[{id, i}] = "call-" + std::to_string(++made_);
      open.by_id[entry->message.tool_calls[i].id].push_back(open.all.size());
      open.places.push_back(open.all.size());
      open.all.push_back({id, i});
    }
    if (is_tool(entry)) resolve(id, open);
  }
  for (const OpenCall& call : open.all) link_run(call);
  Unseen unseen;
  for (const OpenCall& call : open.all) {
    if (call.answered) continue;
    const SlotId result = unseen_result(call);
    if (result == k_none) {
      unanswered_.insert(call.assistant);
      continue;
    }
    resolved_[result] = {call.assistant, call.index};
    unseen[call.assistant].push_back(result);
  }
  return unseen.empty() ? order : with_unseen(order, unseen);
}

std::vector<SlotId> ToolResults::with_unseen(const std::vector<SlotId>& order, const Unseen& unseen) const {
  std::vector<SlotId> out;
  const std::vector<SlotId>* waiting = nullptr;
  for (const SlotId id : order) {
    if (waiting != nullptr && !is_tool(slot(id).entry)) {
      out.insert(out.end(), waiting->begin(), waiting->end());
      waiting = nullptr;
    }
    out.push_back(id);
    if (const auto found = unseen.find(id); found != unseen.end()) waiting = &found->second;
  }
  if (waiting != nullptr) out.insert(out.end(), waiting->begin(), waiting->end());
  return out;
}

std::string ToolResults::id_of(SlotId assistant, std::size_t index) const {
  const auto made = made_ids_.find({assistant, index});
  return made == made_ids_.end() ? slot(assistant).entry->message.tool_calls[index].id : made->second;
}

void ToolResults::resolve(SlotId tool, OpenCalls& open) {
  const model::Message& message = slot(tool).entry->message;
  const auto take = [&](const std::vector<std::size_t>& places, auto&& fits) {
    // Ids may repeat from answer to answer: the latest answer's call counts, within it the first that is open.
    for (auto last = places.rbegin(); last != places.rend();) {
      const SlotId assistant = open.all[*last].assistant;
      auto first = last;
      while (first != places.rend() && open.all[*first].assistant == assistant) ++first;
      for (auto place = first.base(); place != last.base(); ++place) {
        OpenCall& call = open.all[*place];
        if (call.answered || !fits(call)) continue;
        call.answered = true;
        resolved_[tool] = {assistant, call.index};
        return true;
      }
      last = first;
    }
    return false;
  };
  const auto any = [](const OpenCall&) { return true; };
  if (!message.tool_call_id.empty()) {
    if (const auto found = open.by_id.find(message.tool_call_id); found != open.by_id.end()) take(found->second, any);
    return;
  }
  if (!take(open.places, [&](const OpenCall& call) { return call_of(call).name == message.name; }) &&
      message.name.empty())
    take(open.places, any);
}

void ToolResults::link_run(const OpenCall& open) {
  const ToolRuns::Link link = tool_runs_.take(call_of(open), slot(open.assistant).answer_of);
  if (link.run == nullptr) return;
  runs_[{open.assistant, open.index}] = link;
  started_[link.run] = {slot(open.assistant).answer_of, open.index, id_of(open.assistant, open.index)};
}

/// From the answer's own payload, else from the tool's run.
SlotId ToolResults::unseen_result(const OpenCall& open) {
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
  message.content =
      run.failed && run.tool->output == 0 ? error_sentence(error) : std::string(work_.text(run.tool->output));
  if (run.failed) message.error = error_sentence(error);
  const SlotId out = work_.add_slot(work_.make(std::move(message)), &run);
  work_.slots[out].from_tool_run = true;
  return out;
}

void ToolResults::describe(SlotId id, model::TranscriptMessage& out) const {
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
  model::ToolRun tool_run{.run_id = std::string(work_.text(run.id)),
                          .raw_output_sha256 = {},
                          .start_time = run.start_time,
                          .end_time = run.end_time,
                          .linked_by_order = link->second.by_order};
  if (output != out.message.content && !output.empty()) tool_run.raw_output_sha256 = base::sha256_hex(output);
  if (run.failed && out.message.error.empty())
    out.message.error = run.error == 0 ? out.message.content : error_sentence(work_.text(run.error));
  if (slot(id).from_tool_run) out.time = run.end_time;
  out.tool_run = std::move(tool_run);
}

}  // namespace trajectory::build
