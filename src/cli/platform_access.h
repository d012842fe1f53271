#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "platform/client/service.h"

namespace trajectory::cli {

/// How a command reaches the platform. Keys never stand in an argument: every process may read those.
struct PlatformOptions {
  std::string base_url;
  std::string config;
  bool key_from_input = false;
};

void add_platform(CLI::App& app, PlatformOptions& options);

/// The access from the options, standard input (with --key-stdin), the environment and the config file, in this order:
/// TRAJECTORY_BASE_URL, TRAJECTORY_API_KEY. Errors: those of `live::read_config`, k_usage (no key).
[[nodiscard]] base::Result<platform::client::Access> find_platform(const PlatformOptions& options,
                                                                   const Terminal& terminal);

/// What a call to the platform tells and is told.
[[nodiscard]] platform::client::Hooks platform_hooks(Progress& progress);

}  // namespace trajectory::cli
