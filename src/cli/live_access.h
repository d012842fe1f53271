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

/// The access from standard input (with --key-stdin), the environment and the config file, in this order: see
/// `live::find_access`. Errors: its own, k_usage (no key).
[[nodiscard]] base::Result<live::Access> find_access(const AccessOptions& options, const Terminal& terminal);

}  // namespace trajectory::cli
