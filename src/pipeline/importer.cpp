#include "pipeline/importer.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <span>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "base/scratch_file.h"
#include "base/threads.h"
#include "build/build.h"
#include "pipeline/built_records.h"
#include "pipeline/import_notes.h"
#include "pipeline/memory.h"
#include "pipeline/passes.h"
#include "pipeline/plan.h"
#include "pipeline/read_facts.h"

namespace trajectory::pipeline {

namespace {

/// What may be built and wait for its turn, a thread: while one writes a row group, the others go on building.
constexpr base::Ahead k_ahead{256, 8 << 20};

std::size_t bytes_of(const std::vector<model::TranscriptMessage>& messages) {
  std::size_t sum = 0;
  for (const model::TranscriptMessage& m : messages) {
    sum += sizeof m + m.message.content.size() + m.message.parts.size() + m.message.reasoning.size();
    for (const model::ToolCall& call : m.message.tool_calls) sum += sizeof call + call.arguments.size();
  }
  return sum;
}

std::size_t bytes_of(const std::vector<model::ModelCall>& calls) {
  std::size_t sum = calls.size() * sizeof(model::ModelCall);
  for (const model::ModelCall& call : calls)
    for (const auto& [place, variant] : call.variants)
      sum += sizeof variant + variant.content.size() + variant.parts.size();
  return sum;
}

std::size_t bytes_of(const model::Lane& lane) {
  std::size_t sum = bytes_of(lane.messages) + bytes_of(lane.calls);
  for (const model::Alternative& path : lane.alternatives) sum += bytes_of(path.messages) + bytes_of(path.calls);
  for (const model::Lane& agent : lane.subagents) sum += bytes_of(agent);
  return sum;
}

/// A trajectory that waits for its turn.
struct Built {
  model::Trajectory trajectory;
  build::BuildFigures figures;
  std::vector<record::Prepared> prepared;

  /// Memory that it takes, roughly.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = bytes_of(trajectory.main);
    for (const model::Lane& helper : trajectory.auxiliary) sum += bytes_of(helper);
    for (const record::Prepared& of_writer : prepared) sum += of_writer.text.size();
    return sum;
  }
};

class Importer {
 public:
  Importer(const ImportOptions& options, const Hooks& hooks, const Sink& sink, langsmith::RunSource& source,
           const std::string& scratch)
      : options_(options),
        hooks_(hooks),
        sink_(sink),
        source_(source),
        scratch_(scratch),
        memory_(memory_to_keep(options.memory, options.threads)),
        notes_(options) {}

  base::Result<ImportReport> run() {
    // Everything in one pass, if it fits.
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    {
      messages::Tables tables;
      auto facts = read_facts(source_, tables, options_, memory_, nullptr, hooks_);
      if (!facts) return std::move(facts).error();
      if (!facts->too_large) {
        TJ_TRY(build_all(std::move(*facts), tables));
        tables.clear(options_.threads);
        return notes_.finish(1);
      }
      bytes = facts->bytes;
      rows = facts->read_rows;
    }
    give_back_freed_memory();
    return run_in_passes(bytes, rows);
  }

 private:
  /// Builds the conversations of all runs and hands them on.
  base::Status build_all(Facts facts, const messages::Tables& tables) {
    notes_.take_rows(source_, facts.row_problems);
    TJ_TRY(notes_.check_usable(facts.runs.empty()));
    build::BuildFigures grouping;
    auto conversations = notes_.selected(
        build::group_runs(std::move(facts.runs), options_.selection.thread_keys, tables, grouping, options_.threads));
    notes_.take_figures(grouping);
    if (!conversations) return std::move(conversations).error();
    notes_.take_payloads(facts, *conversations);
    const auto make = [&](std::size_t i) -> base::Result<Built> {
      Built built;
      built.trajectory = build::build_trajectory(std::exchange((*conversations)[i], {}), tables, built.figures);
      return built;
    };
    return in_order("building", conversations->size(), make, [&](const Built& built) {
      notes_.take_figures(built.figures);
      notes_.take_trajectory(built.trajectory);
    });
  }

  /// Builds the conversations by time, those of a pass at once: the rows of an export mostly come by time, so that a
  /// pass reads a part of the source. They are handed on in their order afterwards. `bytes` of memory were taken by
  /// `rows`.
  base::Result<ImportReport> run_in_passes(std::uint64_t bytes, std::uint64_t rows) {
    auto scratch = base::ScratchFile::create(scratch_);
    if (!scratch) return std::move(scratch).error();
    auto plan = make_plan(
        source_, options_, *scratch, [&](const build::BuildFigures& figures) { notes_.take_figures(figures); }, hooks_);
    if (!plan) return std::move(plan).error();
    notes_.take_rows(source_, plan->row_problems);
    TJ_TRY(notes_.check_usable(plan->conversations.empty()));
    auto selected = notes_.selected(std::move(plan->conversations));
    if (!selected) return std::move(selected).error();
    plan->conversations = std::move(*selected);
    const std::vector<PlannedConversation>& planned = plan->conversations;
    give_back_freed_memory();
    memory_ -= std::min(plan->bytes(), memory_ / 2);

    std::vector<std::size_t> by_time(planned.size());
    std::iota(by_time.begin(), by_time.end(), 0);
    std::stable_sort(by_time.begin(), by_time.end(),
                     [&](std::size_t a, std::size_t b) { return planned[a].start() < planned[b].start(); });
    std::vector<std::uint64_t> weights;
    for (const std::size_t at : by_time) weights.push_back(planned[at].runs());
    BuiltRecords built(*scratch, planned.size());
    const std::uint64_t budget = rows_per_pass(memory_, bytes, rows);
    const auto passes = for_each_pass(weights, budget, [&](std::size_t begin, std::size_t end) {
      give_back_freed_memory();
      return run_pass(*plan, std::span(by_time).subspan(begin, end - begin), built);
    });
    if (!passes) return passes.error();
    give_back_freed_memory();
    TJ_TRY(hand_on(built));
    return notes_.finish(2 + *passes);
  }

  /// Reads and builds the conversations of these numbers in the plan. Returns whether they fitted in memory.
  base::Result<bool> run_pass(const Plan& plan, std::span<const std::size_t> numbers, BuiltRecords& built) {
    std::unordered_set<base::Hash128, base::Hash128Hasher> traces;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> number_of;
    std::vector<bool> units(source_.units());
    for (const std::size_t number : numbers) {
      const PlannedConversation& planned = plan.conversations[number];
      number_of[{planned.id, planned.project_id}] = number;
      for (const PlannedTrace& trace : planned.traces) traces.insert(trace.id);
      for (const std::uint32_t unit : planned.units) units[unit] = true;
    }
    const Part part{[&](const model::Run& run) { return traces.contains(base::hash128(run.trace_id)); }, &units};
    messages::Tables tables;
    auto facts = read_facts(source_, tables, options_, numbers.size() > 1 ? memory_ : 0, &part, hooks_);
    if (!facts) return std::move(facts).error();
    if (facts->too_large) return false;
    drop_displaced(facts->runs, plan, tables.texts);
    build::BuildFigures known;  // since the plan was made
    std::vector<build::Conversation> conversations =
        build::group_runs(std::move(facts->runs), options_.selection.thread_keys, tables, known, options_.threads);
    std::vector<std::size_t> numbers_of;
    for (build::Conversation& conversation : conversations) {
      const auto number = number_of.find({conversation.id, conversation.project_id});
      if (number == number_of.end()) return changed(conversation.id);
      const PlannedConversation& planned = plan.conversations[number->second];
      std::uint64_t runs = 0;
      for (const build::Trace& trace : conversation.traces) runs += trace.runs.size();
      if (runs != planned.runs()) return changed(conversation.id);
      conversation.thread_key = planned.thread_key;
      numbers_of.push_back(number->second);
    }
    if (conversations.size() != numbers.size()) return changed(plan.conversations[numbers.front()].id);
    notes_.take_payloads(*facts, conversations);
    std::mutex mutex;
    const auto build_one = [&](std::size_t i, unsigned) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      build::BuildFigures figures;
      const build::Conversation conversation = std::exchange(conversations[i], {});
      const model::Trajectory trajectory = build::build_trajectory(conversation, tables, figures);
      TJ_TRY(built.put(numbers_of[i], trajectory));
      const std::lock_guard lock(mutex);
      notes_.take_figures(figures);
      notes_.take_trajectory(trajectory);
      if (hooks_.progress) hooks_.progress("building", ++built_, built.count());
      return {};
    };
    TJ_TRY(base::parallel_for(options_.threads, conversations.size(), build_one));
    return true;
  }

  /// A pass has met other runs than the plan: what can be told of a local file by its stamp.
  static base::Error changed(const std::string& conversation) {
    return base::Error(base::ErrorCode::k_io,
                       "the source was changed while it was read, or could not be read a second time: import it when "
                       "it is complete")
        .with("conversation " + conversation);
  }

  /// Hands on what was built out of turn.
  base::Status hand_on(const BuiltRecords& records) {
    const auto make = [&](std::size_t i) -> base::Result<Built> {
      auto trajectory = records.get(i);
      if (!trajectory) return std::move(trajectory).error();
      return Built{std::move(*trajectory), {}, {}};
    };
    return in_order("writing", records.count(), make, [](const Built&) {});
  }

  /// Makes trajectories on any thread and hands them on in their order, behind `take`.
  base::Status in_order(std::string_view stage, std::size_t count,
                        const std::function<base::Result<Built>(std::size_t)>& make,
                        const std::function<void(const Built&)>& take) {
    base::Ahead ahead{k_ahead.places * options_.threads, k_ahead.bytes * options_.threads};
    if (memory_ > 0) ahead.bytes = std::min<std::size_t>(ahead.bytes, memory_ / 8);
    std::vector<Built> ring(std::min(ahead.places, count));
    const auto work = [&](std::size_t i) -> base::Result<std::size_t> {
      if (hooks_.interrupted()) return interrupted();
      auto built = make(i);
      if (!built) return std::move(built).error();
      if (sink_.prepare) {
        auto prepared = sink_.prepare(built->trajectory);
        if (!prepared) return std::move(prepared).error();
        built->prepared = std::move(*prepared);
      }
      const std::size_t bytes = built->bytes();
      ring[i % ring.size()] = std::move(*built);
      return bytes;
    };
    const auto hand_over = [&](std::size_t i) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      Built built = std::exchange(ring[i % ring.size()], {});
      take(built);
      if (hooks_.progress) hooks_.progress(stage, i + 1, count);
      return sink_.take(built.trajectory, std::move(built.prepared));
    };
    return base::parallel_in_order(options_.threads, count, ahead, work, hand_over);
  }

  const ImportOptions& options_;
  const Hooks& hooks_;
  const Sink& sink_;
  langsmith::RunSource& source_;
  const std::string& scratch_;
  std::uint64_t memory_;
  ImportNotes notes_;
  std::size_t built_ = 0;  ///< trajectories, in passes
};

}  // namespace

base::Result<ImportReport> run_import(const ImportOptions& options, const Hooks& hooks, const Sink& sink,
                                      langsmith::RunSource& source, const std::string& scratch) {
  return Importer(options, hooks, sink, source, scratch).run();
}

}  // namespace trajectory::pipeline
