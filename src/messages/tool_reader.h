#pragma once

#include <string_view>

#include "json/value.h"
#include "messages/facts.h"

namespace trajectory::messages {

/// A tool's run, its columns parsed. The values are not owned.
struct ToolRunView {
  std::string_view name;
  const json::Value& inputs;
  const json::Value& outputs;
  const json::Value& extra;
  bool failed = false;
};

/// The tool's name, arguments, result and call id, wherever the client put them. Pure but for the tables.
[[nodiscard]] ToolFacts read_tool(const ToolRunView& run, Tables& tables, json::Parser& parser);

}  // namespace trajectory::messages
