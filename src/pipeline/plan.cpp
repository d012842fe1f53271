#include "pipeline/plan.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "pipeline/forgetful_extractor.h"
#include "pipeline/placed_runs.h"
#include "pipeline/read_facts.h"
#include "pipeline/scratch_shards.h"

namespace trajectory::pipeline {

namespace {

using messages::RunFacts;

/// Hashes of a run's id and of its trace's: what tells that a run has rows in several traces.
struct RunAndTrace {
  std::uint64_t run = 0;
  std::uint64_t trace = 0;
  auto operator<=>(const RunAndTrace&) const = default;
};

/// What one thread places runs with.
class Placer {
 public:
  Placer(const ImportOptions& options, unsigned worker)
      : extractor_({options.selection.thread_keys}), worker_(worker) {}

  base::Status place(const model::Run& run, ScratchShards& by_trace, ScratchShards& by_run) {
    messages::Extractor& extractor = extractor_.next();
    const RunFacts facts = extractor.extract_structure(run);
    (void)extractor.take_problems();  // the pass that reads the payload meets them as well
    bytes_.clear();
    append_placed_run(bytes_, facts, extractor_.texts());
    const RunAndTrace pair{base::hash64(run.id), base::hash64(run.trace_id)};
    TJ_TRY(by_trace.add(worker_, pair.trace, bytes_));
    return by_run.add(worker_, pair.run, {reinterpret_cast<const char*>(&pair), sizeof(pair)});
  }

 private:
  ForgetfulExtractor extractor_;
  unsigned worker_;
  std::string bytes_;
};

class Planner {
 public:
  Planner(langsmith::RunSource& source, const ImportOptions& options, base::ScratchFile& scratch,
          const std::function<void(const build::BuildFigures&)>& on_figures, const Hooks& hooks)
      : source_(source),
        options_(options),
        on_figures_(on_figures),
        hooks_(hooks),
        by_trace_(scratch, options.threads),
        by_run_(scratch, options.threads) {}

  base::Result<Plan> plan() {
    TJ_TRY(place_runs());
    TJ_TRY(find_shared());
    for (std::size_t shard = 0; shard < ScratchShards::k_shards; ++shard) {
      if (hooks_.interrupted()) return interrupted();
      auto bytes = by_trace_.read(shard);
      if (!bytes) return std::move(bytes).error();
      group(*bytes);
    }
    // A run is settled where all of its rows are.
    shared_traces_.clear();
    group(shared_);
    plan_.conversations.reserve(conversations_.size());
    while (!conversations_.empty()) {
      PlannedConversation& conversation = plan_.conversations.emplace_back();
      conversation = std::move(conversations_.extract(conversations_.begin()).mapped());
      std::vector<std::uint32_t>& units = conversation.units;
      std::sort(units.begin(), units.end());
      units.erase(std::unique(units.begin(), units.end()), units.end());
      units.shrink_to_fit();
      conversation.traces.shrink_to_fit();
    }
    return std::move(plan_);
  }

 private:
  base::Status place_runs() {
    std::vector<Placer> placers;
    placers.reserve(options_.threads);
    for (unsigned i = 0; i < options_.threads; ++i) placers.emplace_back(options_, i);
    model::ProblemLog problems;
    const auto place = [&](std::span<const model::Run> runs, unsigned worker) -> base::Status {
      for (const model::Run& run : runs) TJ_TRY(placers[worker].place(run, by_trace_, by_run_));
      return {};
    };
    TJ_TRY(read_runs(source_, options_, "looking over", nullptr, problems, hooks_, place));
    plan_.row_problems = problems.tallies();
    TJ_TRY(by_trace_.finish());
    return by_run_.finish();
  }

  base::Status find_shared() {
    for (std::size_t shard = 0; shard < ScratchShards::k_shards; ++shard) {
      const auto bytes = by_run_.read(shard);
      if (!bytes) return bytes.error();
      std::vector<RunAndTrace> pairs(bytes->size() / sizeof(RunAndTrace));
      bytes->copy(reinterpret_cast<char*>(pairs.data()), bytes->size());
      std::sort(pairs.begin(), pairs.end());
      for (std::size_t i = 1; i < pairs.size(); ++i) {
        if (pairs[i].run != pairs[i - 1].run || pairs[i].trace == pairs[i - 1].trace) continue;
        shared_runs_.insert(pairs[i].run);
        shared_traces_.insert({pairs[i - 1].trace, pairs[i].trace});
      }
    }
    return {};
  }

  /// Groups runs; those of traces that share a run with another wait in `shared_`.
  void group(std::string_view bytes) {
    messages::Tables tables;
    std::vector<RunFacts> runs;
    std::unordered_map<messages::TextId, std::vector<std::uint32_t>> units;  // by trace
    while (!bytes.empty()) {
      const std::string_view from = bytes;
      RunFacts run = take_placed_run(bytes, tables.texts);
      if (shared_traces_.contains(base::hash64(tables.texts.get(run.trace_id)))) {
        shared_.append(from.substr(0, from.size() - bytes.size()));
        continue;
      }
      std::vector<std::uint32_t>& of_trace = units[run.trace_id];
      const std::uint32_t unit = source_.unit_of(run.place);
      if (of_trace.empty() || of_trace.back() != unit) of_trace.push_back(unit);
      runs.push_back(std::move(run));
    }
    build::BuildFigures figures;
    for (const build::Conversation& conversation :
         build::group_runs(std::move(runs), options_.selection.thread_keys, tables, figures, options_.threads)) {
      PlannedConversation& planned = conversations_[{conversation.id, conversation.project_id}];
      planned.id = conversation.id;
      planned.project_id = conversation.project_id;
      if (place_of(conversation.thread_key) < place_of(planned.thread_key))
        planned.thread_key = conversation.thread_key;
      for (const build::Trace& trace : conversation.traces) {
        planned.traces.push_back({base::hash128(trace.id), trace.runs[trace.root].start_time, trace.runs.size()});
        const auto& of_trace = units[trace.runs.front().trace_id];
        planned.units.insert(planned.units.end(), of_trace.begin(), of_trace.end());
        if (shared_runs_.empty()) continue;
        for (const RunFacts& run : trace.runs)
          if (const std::string_view id = tables.texts.get(run.id); shared_runs_.contains(base::hash64(id)))
            plan_.homes.emplace(id, trace.id);
      }
    }
    on_figures_(figures);
  }

  /// A conversation has the best key of any trace of its.
  [[nodiscard]] std::ptrdiff_t place_of(const std::string& thread_key) const {
    const std::vector<std::string>& keys = options_.selection.thread_keys;
    return std::find(keys.begin(), keys.end(), thread_key) - keys.begin();
  }

  langsmith::RunSource& source_;
  const ImportOptions& options_;
  const std::function<void(const build::BuildFigures&)>& on_figures_;
  const Hooks& hooks_;
  ScratchShards by_trace_;  ///< placed runs
  ScratchShards by_run_;    ///< `RunAndTrace`
  std::unordered_set<std::uint64_t> shared_runs_;
  std::unordered_set<std::uint64_t> shared_traces_;
  std::string shared_;  ///< placed runs of shared traces
  std::map<std::pair<std::string, std::string>, PlannedConversation> conversations_;
  Plan plan_;
};

}  // namespace

std::uint64_t PlannedConversation::runs() const {
  std::uint64_t out = 0;
  for (const PlannedTrace& trace : traces) out += trace.runs;
  return out;
}

model::Micros PlannedConversation::start() const {
  model::Micros out = INT64_MAX;
  for (const PlannedTrace& trace : traces) out = std::min(out, trace.start.value_or(INT64_MAX));
  return out;
}

base::Result<Plan> make_plan(langsmith::RunSource& source, const ImportOptions& options, base::ScratchFile& scratch,
                             const std::function<void(const build::BuildFigures&)>& on_figures, const Hooks& hooks) {
  return Planner(source, options, scratch, on_figures, hooks).plan();
}

std::uint64_t Plan::bytes() const {
  std::uint64_t out = 200 * homes.size();
  for (const PlannedConversation& one : conversations)
    out += sizeof(one) + one.id.capacity() + one.project_id.capacity() + one.traces.capacity() * sizeof(PlannedTrace) +
           one.units.capacity() * sizeof(std::uint32_t);
  return out;
}

void drop_displaced(std::vector<RunFacts>& runs, const Plan& plan, const messages::TextTable& texts) {
  if (plan.homes.empty()) return;
  std::erase_if(runs, [&](const RunFacts& run) {
    const auto home = plan.homes.find(std::string(texts.get(run.id)));
    return home != plan.homes.end() && home->second != texts.get(run.trace_id);
  });
}

}  // namespace trajectory::pipeline
