#include "pipeline/verify.h"

#include <unordered_map>

#include "build/replay.h"
#include "pipeline/read_facts.h"

namespace trajectory::pipeline {

namespace {

class Verifier {
 public:
  Verifier(const messages::Tables& tables, const std::vector<messages::RunFacts>& runs) : tables_(tables) {
    for (const messages::RunFacts& run : runs)
      if (!run.calls.empty()) runs_[tables.texts.get(run.id)] = &run;
  }

  void lane(const model::Lane& lane) {
    std::vector<const model::TranscriptMessage*> messages;
    for (const model::TranscriptMessage& message : lane.messages) messages.push_back(&message);
    for (const model::ModelCall& call : lane.calls) verify_call(messages, call);
    for (const model::Alternative& alternative : lane.alternatives) {
      std::vector<const model::TranscriptMessage*> path(messages.begin(), messages.begin() + alternative.at_message);
      for (const model::TranscriptMessage& message : alternative.messages) path.push_back(&message);
      for (const model::ModelCall& call : alternative.calls) verify_call(path, call);
    }
    for (const model::Lane& agent : lane.subagents) this->lane(agent);
  }

  VerifyReport report;
  model::ProblemLog differences;

 private:
  void verify_call(const std::vector<const model::TranscriptMessage*>& messages, const model::ModelCall& call) {
    const auto found = runs_.find(call.run_id);
    if (found == runs_.end()) {
      ++report.not_in_source;
      return;
    }
    if (call.incomplete_context) {
      ++report.incomplete_chains;
      return;
    }
    const messages::RunFacts& run = *found->second;
    const std::string shape(run.calls.front().shape);
    ++report.calls_by_shape[shape];
    std::string what;
    for (const messages::CallFacts& recorded : run.calls) {  // several prompts of one request: one of them is this call's
      what = build::replay_difference(messages, call, recorded, tables_.messages);
      if (what.empty()) break;
    }
    if (what.empty()) ++report.replayed_by_shape[shape];
    else differences.add({shape, model::Severity::k_warning, call.run_id, what});
  }

  const messages::Tables& tables_;
  std::unordered_map<std::string_view, const messages::RunFacts*> runs_;
};

}  // namespace

std::uint64_t VerifyReport::differing() const {
  std::uint64_t total = 0;
  for (const auto& [shape, tally] : differences) total += tally.count;
  return total;
}

base::Result<VerifyReport> verify(const ImportOptions& options, const std::string& dataset, const Hooks& hooks) {
  auto source = langsmith::RunSource::open(options.sources);
  if (!source) return std::move(source).error();
  messages::Tables tables;
  model::ProblemLog problems;
  const auto facts = read_facts(*source, tables, options, Depth::k_everything, 0, nullptr, hooks, problems);
  if (!facts) return facts.error();
  Verifier verifier(tables, facts->runs);
  TJ_TRY(record::read_trajectories(dataset, [&](const model::Trajectory& trajectory) -> base::Result<bool> {
    ++verifier.report.trajectories;
    verifier.lane(trajectory.main);
    for (const model::Lane& lane : trajectory.auxiliary) verifier.lane(lane);
    return true;
  }));
  verifier.report.differences = verifier.differences.tallies();
  return std::move(verifier.report);
}

}  // namespace trajectory::pipeline
