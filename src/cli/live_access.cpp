#include "cli/live_access.h"

#include <iostream>

#include "live/find_access.h"

namespace trajectory::cli {

void add_access(CLI::App& app, AccessOptions& options) {
  app.add_option("--workspace", options.workspace, "The workspace's id [LANGSMITH_WORKSPACE_ID, else the key's own]");
  app.add_option(
      "--config", options.config,
      "A file, readable by you alone, with lines such as LANGSMITH_API_KEY=... [~/.config/trajectory/config]");
  app.add_flag("--key-stdin", options.key_from_input,
               "Read the API key from standard input [LANGSMITH_API_KEY, else the config file]");
}

base::Result<live::Access> find_access(const AccessOptions& options, const Terminal& terminal) {
  std::string key;
  if (options.key_from_input) std::getline(std::cin, key);
  auto found =
      live::find_access({"", base::Secret(std::move(key)), options.workspace}, options.config, terminal.environment);
  if (found && found->key.empty())
    return base::Error(base::ErrorCode::k_usage,
                       "there is no LangSmith API key: set LANGSMITH_API_KEY, write it to a config file of mode 600 "
                       "(--config), or give it on standard input (--key-stdin)");
  return found;
}

}  // namespace trajectory::cli
