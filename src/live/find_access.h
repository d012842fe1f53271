#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "live/access.h"

namespace trajectory::live {

/// The value of an environment variable, empty when it is not set; handed in by the front ends.
using Environment = std::function<std::string(const char* name)>;

/// Fills what `given` leaves empty from the environment, then from the config file, which is `config` or the user's own
/// one. Variables: LANGSMITH_API_KEY, LANGSMITH_ENDPOINT, LANGSMITH_WORKSPACE_ID, each also as LANGCHAIN_...; the file
/// has lines NAME=value of the same names. SSL_CERT_FILE is the environment's alone. The key may still be empty then.
/// Errors: k_usage (a file that others may read, or a named one that is not there; a key or workspace that no header
/// can carry).
[[nodiscard]] base::Result<Access> find_access(Access given, const std::string& config, const Environment& environment);

/// The values of the config file, which is `config` or the user's own one, by name; none where the latter is not there.
/// Errors: k_usage (a file that others may read, or a named one that is not there).
[[nodiscard]] base::Result<std::map<std::string, std::string>> read_config(const std::string& config,
                                                                           const Environment& environment);

/// Where the config file is looked for when it is not named; empty without a home.
[[nodiscard]] std::string usual_config_file(const Environment& environment);

/// The folder of the journals of imports, below the user's own state folder.
[[nodiscard]] std::string states_folder(const Environment& environment);

}  // namespace trajectory::live
