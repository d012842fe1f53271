#include "cli/platform_access.h"

#include <iostream>

#include "live/find_access.h"

namespace trajectory::cli {

namespace {

std::string without_blanks(std::string text) {
  const char* blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  return text;
}

}  // namespace

void add_platform(CLI::App& app, PlatformOptions& options) {
  app.add_option(
      "--base-url", options.base_url,
      "The platform's address [TRAJECTORY_BASE_URL, else " + std::string(platform::client::k_default_url) + "]");
  app.add_option(
      "--config", options.config,
      "A file, readable by you alone, with lines such as TRAJECTORY_API_KEY=... [~/.config/trajectory/config]");
  app.add_flag("--key-stdin", options.key_from_input,
               "Read the platform's API key from standard input [TRAJECTORY_API_KEY, else the config file]");
}

base::Result<platform::client::Access> find_platform(const PlatformOptions& options, const Terminal& terminal) {
  const auto config = live::read_config(options.config, terminal.environment);
  if (!config) return config.error();
  const auto variable = [&](const char* name) {
    std::string value = terminal.environment ? without_blanks(terminal.environment(name)) : std::string();
    if (const auto found = config->find(name); value.empty() && found != config->end()) value = found->second;
    return value;
  };
  std::string key;
  if (options.key_from_input) std::getline(std::cin, key);
  else key = variable("TRAJECTORY_API_KEY");
  key = without_blanks(std::move(key));
  if (key.empty())
    return base::Error(
        base::ErrorCode::k_usage,
        "there is no API key of the platform: set TRAJECTORY_API_KEY, write it to a config file of mode 600 "
        "(--config), or give it on standard input (--key-stdin); a server on this machine without keys of its own "
        "takes any");
  return platform::client::Access{options.base_url.empty() ? variable("TRAJECTORY_BASE_URL") : options.base_url,
                                  base::Secret(std::move(key)),
                                  terminal.environment ? terminal.environment("SSL_CERT_FILE") : std::string()};
}

platform::client::Hooks platform_hooks(Progress& progress) {
  pipeline::Hooks hooks = progress.hooks();
  return {hooks.stop, std::move(hooks.progress)};
}

}  // namespace trajectory::cli
