#include "pipeline/read_facts.h"

#include <mutex>

namespace trajectory::pipeline {

namespace {

std::uint64_t bytes_of(const messages::RunFacts& run) {
  std::uint64_t bytes = sizeof(messages::RunFacts) + run.ancestors.size() * 4 + run.output_texts.size() * 8;
  for (const messages::CallFacts& call : run.calls) bytes += sizeof(messages::CallFacts) + 4 * (call.input.size() + call.tools.size()) + call.answers.size() * sizeof(messages::Answer);
  return bytes;
}

}  // namespace

base::Result<Facts> read_facts(langsmith::RunSource& source, messages::Tables& tables, const ImportOptions& options, Depth depth, std::uint64_t memory_limit,
                               const std::function<bool(std::string_view)>& wanted, const Hooks& hooks, model::ProblemLog& problems) {
  struct Worker {
    explicit Worker(messages::Extractor own) : extractor(std::move(own)) {}
    messages::Extractor extractor;
    std::vector<messages::RunFacts> runs;
    std::uint64_t bytes = 0;
  };
  std::vector<Worker> workers;
  for (unsigned i = 0; i < options.threads; ++i) workers.emplace_back(messages::Extractor(tables, {options.selection.thread_keys}));

  std::uint64_t total = 0;
  for (const langsmith::SourceFile& file : source.files()) total += file.rows;
  std::mutex mutex;
  std::uint64_t done = 0;
  std::atomic<std::uint64_t> memory{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> too_large{false};

  langsmith::ReadControl control;
  control.threads = options.threads;
  control.problems = &problems;
  control.stop = &stop;
  control.progress = [&](std::uint64_t rows) {
    const std::lock_guard lock(mutex);
    done += rows;
    if (hooks.progress) hooks.progress(depth == Depth::k_structure ? "looking over" : "reading", done, total);
  };
  const base::Status status = source.read(control, [&](std::span<const model::Run> runs, unsigned id) -> base::Status {
    if (hooks.stop != nullptr && *hooks.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted: nothing was written");
    Worker& worker = workers[id];
    std::uint64_t bytes = 0;
    for (const model::Run& run : runs) {
      if (wanted && !wanted(run.trace_id)) continue;
      worker.runs.push_back(depth == Depth::k_structure ? worker.extractor.extract_structure(run) : worker.extractor.extract(run));
      if (!options.selection.feedback) worker.runs.back().feedback = 0;
      bytes += bytes_of(worker.runs.back());
    }
    memory += bytes;
    if (memory_limit > 0 && memory + tables.messages.bytes() + tables.texts.bytes() > memory_limit) {
      too_large = true;
      stop = true;
    }
    return {};
  });
  if (!status.ok() && !too_large) return status.error();

  Facts out;
  out.too_large = too_large;
  out.read_rows = done;
  out.bytes = memory + tables.messages.bytes() + tables.texts.bytes();
  for (Worker& worker : workers) {
    out.census.add(worker.extractor.census());
    for (model::Problem& problem : worker.extractor.take_problems()) problems.add(std::move(problem));
    if (out.runs.empty()) out.runs = std::move(worker.runs);
    else out.runs.insert(out.runs.end(), std::make_move_iterator(worker.runs.begin()), std::make_move_iterator(worker.runs.end()));
  }
  return out;
}

}  // namespace trajectory::pipeline
