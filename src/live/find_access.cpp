#include "live/find_access.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace trajectory::live {

namespace {

using Values = std::map<std::string, std::string>;

std::string variable(const Environment& environment, const std::string& name) {
  return environment ? environment(name.c_str()) : std::string();
}

std::string trimmed(std::string text) {
  const char* blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return text;
}

std::string own_folder(const Environment& environment, const char* variable_name, const char* below_home) {
  const std::string set = variable(environment, variable_name);
  if (!set.empty()) return set + "/trajectory";
  const std::string home = variable(environment, "HOME");
  return home.empty() ? "" : home + below_home + "/trajectory";
}

/// Lines NAME=value; `#` begins a comment. A file that holds a key is its owner's alone.
base::Result<Values> read_values(const std::string& path, bool named) {
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
std::string setting(const Environment& environment, const Values& config, const std::string& name) {
  for (const char* family : {"LANGSMITH_", "LANGCHAIN_"})
    if (std::string value = trimmed(variable(environment, family + name)); !value.empty()) return value;
  for (const char* family : {"LANGSMITH_", "LANGCHAIN_"})
    if (const auto found = config.find(family + name); found != config.end() && !found->second.empty())
      return found->second;
  return {};
}

}  // namespace

base::Result<Access> find_access(Access given, const std::string& config, const Environment& environment) {
  const auto values = read_config(config, environment);
  if (!values) return values.error();
  Access out = std::move(given);
  out.key = base::Secret(trimmed(out.key.empty() ? setting(environment, *values, "API_KEY") : out.key.reveal()));
  if (out.url.empty()) out.url = setting(environment, *values, "ENDPOINT");
  if (out.workspace.empty()) out.workspace = setting(environment, *values, "WORKSPACE_ID");
  if (out.ca_file.empty()) out.ca_file = variable(environment, "SSL_CERT_FILE");
  for (const char c : out.key.reveal() + out.workspace)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      return base::Error(base::ErrorCode::k_usage, "the API key or the workspace's id has blanks in it");
  return out;
}

base::Result<Values> read_config(const std::string& config, const Environment& environment) {
  return read_values(config.empty() ? usual_config_file(environment) : config, !config.empty());
}

std::string usual_config_file(const Environment& environment) {
  const std::string folder = own_folder(environment, "XDG_CONFIG_HOME", "/.config");
  return folder.empty() ? "" : folder + "/config";
}

std::string states_folder(const Environment& environment) {
  const std::string folder = own_folder(environment, "XDG_STATE_HOME", "/.local/state");
  return folder.empty() ? ".trajectory-state" : folder;
}

}  // namespace trajectory::live
