// Payload readers: runs whose inputs, outputs and extra are any text go through extract, group, build and write.
//
// The input is lines, four a run: its type and name (`llm gpt`, with a `+` before them where a new trace begins, and a
// `!` behind them where it failed with the name as its error), inputs, outputs, extra, which is its feedback, too.

#include <deque>

#include "build/build.h"
#include "fuzz/check_record.h"
#include "messages/extract.h"

namespace {

using namespace trajectory;

constexpr std::size_t k_most_runs = 24;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

model::RunType type_of(std::string_view name) {
  for (std::size_t i = 0; i < model::k_run_type_names.size(); ++i)
    if (model::k_run_type_names[i] == name) return static_cast<model::RunType>(i);
  return model::RunType::k_llm;
}

/// The runs in the order of their times; the first of a trace is the root of the others.
std::vector<model::Run> runs_in(std::string_view text, std::deque<std::string>& kept) {
  std::vector<model::Run> runs;
  std::string_view root;
  while (!text.empty() && runs.size() < k_most_runs) {
    std::string_view head = take_line(text);
    const bool begins = root.empty() || head.starts_with('+');
    if (head.starts_with('+')) head.remove_prefix(1);
    const std::size_t space = std::min(head.find(' '), head.size());
    model::Run run;
    run.id = kept.emplace_back("run-" + std::to_string(runs.size()));
    if (begins) root = run.id;
    else run.parent_run_id = root;
    run.trace_id = root;
    run.type = type_of(head.substr(0, space));
    run.name = head.substr(std::min(space + 1, head.size()));
    run.start_time = static_cast<model::Micros>(1000 * runs.size());
    run.end_time = *run.start_time + 500;
    run.status = "success";
    if (run.name.ends_with('!')) {
      run.status = "error";
      run.error = run.name;
    }
    run.inputs = take_line(text);
    run.outputs = take_line(text);
    run.extra = take_line(text);
    run.feedback_stats = run.extra;
    run.place = {0, runs.size()};
    runs.push_back(run);
  }
  return runs;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t out = 0;
  for (const auto& [name, count] : counts) out += count;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::deque<std::string> kept;
  const auto runs = runs_in({reinterpret_cast<const char*>(data), size}, kept);
  const messages::ExtractOptions options;
  messages::Tables tables;
  messages::Extractor extractor(tables, options);
  std::vector<messages::RunFacts> facts;
  for (const model::Run& run : runs) {
    (void)extractor.extract_structure(run);
    facts.push_back(extractor.extract(run));
  }
  build::BuildFigures figures;
  for (const build::Conversation& conversation :
       build::group_runs(std::move(facts), options.thread_keys, tables, figures, 1))
    fuzz::check_record(build::build_trajectory(conversation, tables, figures));
  fuzz::demand(sum(figures.runs_used) + sum(figures.runs_set_aside) == runs.size());
  return 0;
}
