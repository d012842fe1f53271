#include "cli/live_access.h"

#include <fstream>
#include <iostream>
#include <map>
#include <sys/stat.h>

#include "base/sha256.h"

namespace trajectory::cli {

namespace {

using Values = std::map<std::string, std::string>;

std::string variable(const Terminal& terminal, const std::string& name) {
  return terminal.environment ? terminal.environment(name.c_str()) : std::string();
}

std::string trimmed(std::string text) {
  const char* blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return text;
}

std::string home_folder(const Terminal& terminal, const char* variable_name, const char* below_home) {
  const std::string set = variable(terminal, variable_name);
  if (!set.empty()) return set + "/trajectory";
  const std::string home = variable(terminal, "HOME");
  return home.empty() ? "" : home + below_home + "/trajectory";
}

/// Lines NAME=value; `#` begins a comment. A file that holds a key is its owner's alone.
base::Result<Values> read_config(const std::string& path, bool named) {
  Values out;
  struct stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) {
    if (!named) return out;
    return base::Error(base::ErrorCode::k_usage, "the config file is not there").with(path);
  }
  if ((status.st_mode & 077U) != 0)
    return base::Error(base::ErrorCode::k_usage, "the config file can be read by others: chmod 600 it").with(path);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    line = trimmed(line);
    const std::size_t sign = line.find('=');
    if (line.starts_with('#') || sign == std::string::npos) continue;
    std::string name = trimmed(line.substr(0, sign));
    if (name.starts_with("export ")) name = trimmed(name.substr(7));
    out[name] = trimmed(line.substr(sign + 1));
  }
  return out;
}

/// The environment goes before the file, the newer name before the older.
std::string setting(const Terminal& terminal, const Values& config, const std::string& name) {
  for (const char* family : {"LANGSMITH_", "LANGCHAIN_"})
    if (std::string value = trimmed(variable(terminal, family + name)); !value.empty()) return value;
  for (const char* family : {"LANGSMITH_", "LANGCHAIN_"})
    if (const auto found = config.find(family + name); found != config.end() && !found->second.empty())
      return found->second;
  return {};
}

}  // namespace

std::string default_config_file(const Terminal& terminal) {
  const std::string folder = home_folder(terminal, "XDG_CONFIG_HOME", "/.config");
  return folder.empty() ? "" : folder + "/config";
}

std::string default_state_folder(const std::string& words, const Terminal& terminal) {
  std::string folder = home_folder(terminal, "XDG_STATE_HOME", "/.local/state");
  if (folder.empty()) folder = ".trajectory-state";
  return folder + "/" + base::sha256_hex(words).substr(0, 20);
}

void add_access(CLI::App& app, AccessOptions& options) {
  app.add_option("--workspace", options.workspace, "The workspace's id [LANGSMITH_WORKSPACE_ID, else the key's own]");
  app.add_option(
      "--config", options.config,
      "A file, readable by you alone, with lines such as LANGSMITH_API_KEY=... [~/.config/trajectory/config]");
  app.add_flag("--key-stdin", options.key_from_input,
               "Read the API key from standard input [LANGSMITH_API_KEY, else the config file]");
}

base::Result<live::Access> find_access(const AccessOptions& options, const Terminal& terminal) {
  const auto config =
      read_config(options.config.empty() ? default_config_file(terminal) : options.config, !options.config.empty());
  if (!config) return config.error();
  live::Access out;
  out.url = setting(terminal, *config, "ENDPOINT");
  out.workspace = options.workspace.empty() ? setting(terminal, *config, "WORKSPACE_ID") : options.workspace;
  std::string key;
  if (options.key_from_input) std::getline(std::cin, key);
  else key = setting(terminal, *config, "API_KEY");
  out.key = base::Secret(trimmed(std::move(key)));
  if (out.key.empty())
    return base::Error(base::ErrorCode::k_usage,
                       "there is no LangSmith API key: set LANGSMITH_API_KEY, write it to a config file of mode 600 "
                       "(--config), or give it on standard input (--key-stdin)");
  for (const char c : out.key.reveal() + out.workspace)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      return base::Error(base::ErrorCode::k_usage, "the API key or the workspace's id has blanks in it");
  return out;
}

}  // namespace trajectory::cli
