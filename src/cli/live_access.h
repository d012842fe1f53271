#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/command.h"
#include "live/access.h"

namespace trajectory::cli {

/// How a command reaches LangSmith. Keys never stand in an argument: every process may read those.
struct AccessOptions {
  bool key_from_input = false;
  std::string workspace;
  std::string config;
};

void add_access(CLI::App& app, AccessOptions& options);

/// The access from standard input (with --key-stdin), the environment and the config file, in this order. Variables:
/// LANGSMITH_API_KEY, LANGSMITH_ENDPOINT, LANGSMITH_WORKSPACE_ID, each also as LANGCHAIN_...; the file has lines
/// NAME=value of the same names. Errors: k_usage (no key, or a file that others may read).
[[nodiscard]] base::Result<live::Access> find_access(const AccessOptions& options, const Terminal& terminal);

/// Where the config file is looked for when it is not named.
[[nodiscard]] std::string default_config_file(const Terminal& terminal);

/// A folder for what goes on from one process to the next, under the user's own state folder. `words`: equal for equal
/// work.
[[nodiscard]] std::string default_state_folder(const std::string& words, const Terminal& terminal);

}  // namespace trajectory::cli
