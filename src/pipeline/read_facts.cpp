#include "pipeline/read_facts.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>

namespace trajectory::pipeline {

namespace {

using messages::RunFacts;

std::uint64_t bytes_of(const RunFacts& run) {
  std::uint64_t bytes = sizeof(RunFacts) + run.ancestors.size() * 4 + run.output_texts.size() * 8;
  for (const messages::CallFacts& call : run.calls)
    bytes += sizeof(messages::CallFacts) + 4 * (call.input.size() + call.tools.size()) +
             call.answers.size() * sizeof(messages::Answer);
  return bytes;
}

constexpr std::uint64_t k_least_ahead = 4 << 20;
constexpr std::uint64_t k_least_batch = 1 << 20;

/// Whether the rest of a source will not fit in memory, judged by the rows so far. Later rows take less than the first,
/// as they repeat texts, so that a source has to look more than twice too large.
bool is_hopeless(std::uint64_t bytes, std::uint64_t rows, std::uint64_t total_rows, std::uint64_t limit) {
  constexpr std::uint64_t k_part = 20;  // of the rows tells enough
  if (rows == 0 || rows < total_rows / k_part) return false;
  return static_cast<double>(bytes) / static_cast<double>(rows) * static_cast<double>(total_rows) >
         2 * static_cast<double>(limit);
}

/// What one thread reads with, and what it has read.
struct Worker {
  messages::Extractor extractor;
  std::deque<RunFacts> runs;
  std::vector<PayloadProblem> problems;

  RunFacts& read(const model::Run& run) {
    RunFacts& facts = runs.emplace_back(extractor.extract(run));
    for (model::Problem& problem : extractor.take_problems())
      problems.push_back({facts.id, facts.trace_id, std::move(problem)});
    return facts;
  }
};

}  // namespace

base::Status read_runs(langsmith::RunSource& source, const ImportOptions& options, std::string_view stage,
                       const std::vector<bool>* units, model::ProblemLog& problems, const Hooks& hooks,
                       const langsmith::RunConsumer& consumer) {
  const std::uint64_t total = source.known_rows(units);
  std::mutex mutex;
  std::uint64_t done = 0;
  langsmith::ReadControl control;
  control.threads = options.threads;
  control.units = units;
  control.problems = &problems;
  control.batch.rows = options.batch_rows;
  control.max_value = options.max_value > 0 ? options.max_value : largest_value(options.memory);
  // With little memory what is on its way must not take the better part of it.
  if (options.memory > 0) {
    const std::uint64_t part = memory_to_keep(options.memory, options.threads) / 8;
    control.read_ahead = std::clamp(part, k_least_ahead, control.read_ahead);
    control.batch.bytes = std::clamp(part / options.threads, k_least_batch, control.batch.bytes);
  }
  control.progress = [&](std::uint64_t rows) {
    const std::lock_guard lock(mutex);
    done += rows;
    if (hooks.progress) hooks.progress(stage, done, total);
  };
  const base::Status status = source.read(control, [&](std::span<const model::Run> runs, unsigned worker) {
    return hooks.interrupted() ? base::Status(interrupted()) : consumer(runs, worker);
  });
  return hooks.interrupted() ? base::Status(interrupted()) : status;
}

base::Result<Facts> read_facts(langsmith::RunSource& source, messages::Tables& tables, const ImportOptions& options,
                               std::uint64_t memory_limit, const Part* part, const Hooks& hooks) {
  std::vector<Worker> workers;
  workers.reserve(options.threads);
  for (unsigned i = 0; i < options.threads; ++i)
    workers.push_back({messages::Extractor(tables, {options.selection.thread_keys}), {}, {}});

  const std::uint64_t total = source.known_rows(nullptr);
  std::atomic<std::uint64_t> memory{0};
  std::atomic<std::uint64_t> taken{0};  // rows that were usable
  std::atomic<bool> too_large{false};
  model::ProblemLog row_problems;
  const base::Status status = read_runs(
      source, options, "reading", part == nullptr ? nullptr : part->units, row_problems, hooks,
      [&](std::span<const model::Run> runs, unsigned id) -> base::Status {
        std::uint64_t bytes = 0;
        for (const model::Run& run : runs) {
          if (part != nullptr && !part->holds(run)) continue;
          RunFacts& facts = workers[id].read(run);
          if (!options.selection.feedback) facts.feedback = 0;
          bytes += bytes_of(facts);
        }
        memory += bytes;
        taken += runs.size();
        const std::uint64_t held = memory + tables.bytes();
        const bool is_part = part != nullptr;
        if (memory_limit > 0 && (held > memory_limit || (!is_part && is_hopeless(held, taken, total, memory_limit))))
          too_large = true;
        return too_large ? base::Status(base::Error(base::ErrorCode::k_too_large, "more than the memory"))
                         : base::Status();
      });
  if (!status.ok() && !(too_large && status.error().code() == base::ErrorCode::k_too_large)) return status.error();

  Facts out;
  out.too_large = too_large;
  out.read_rows = taken;
  out.bytes = memory + tables.bytes();
  std::size_t count = 0;
  for (const Worker& worker : workers) count += worker.runs.size();
  out.runs.reserve(count);
  for (Worker& worker : workers) {
    out.census.add(worker.extractor.census());
    std::move(worker.problems.begin(), worker.problems.end(), std::back_inserter(out.payload_problems));
    for (; !worker.runs.empty(); worker.runs.pop_front()) out.runs.push_back(std::move(worker.runs.front()));
  }
  out.row_problems = row_problems.tallies();
  return out;
}

}  // namespace trajectory::pipeline
