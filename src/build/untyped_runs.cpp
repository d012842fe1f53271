#include "build/untyped_runs.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "json/value.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;
using model::RunType;

bool is_undecided(const RunFacts& run) { return run.tool && run.type != RunType::k_tool; }

std::unordered_set<std::string> tool_names(const std::vector<RunFacts>& runs, const messages::Tables& tables) {
  std::unordered_set<std::string> names;
  json::Parser parser;
  for (const RunFacts& run : runs) {
    for (const messages::CallFacts& call : run.calls) {
      for (const messages::TextId tool : call.tools)
        if (const auto definition = parser.parse(tables.texts.get(tool)))
          names.emplace((**definition)["function"]["name"].string());
      for (const messages::Answer& answer : call.answers)
        for (const model::ToolCall& asked : tables.messages.get(answer.message).message.tool_calls)
          names.insert(asked.name);
    }
  }
  return names;
}

}  // namespace

void find_tool_runs(std::vector<RunFacts>& runs, const messages::Tables& tables) {
  if (std::none_of(runs.begin(), runs.end(), is_undecided)) return;
  const auto names = tool_names(runs, tables);
  for (RunFacts& run : runs) {
    if (!is_undecided(run)) continue;
    const std::string_view name = tables.texts.get(run.tool->name);
    if (!name.empty() && names.contains(std::string(name))) run.type = RunType::k_tool;
    else run.tool.reset();
  }
}

}  // namespace trajectory::build
