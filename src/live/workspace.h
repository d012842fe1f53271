#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "model/run.h"

namespace trajectory::live {

/// What a LangSmith says of itself. https://docs.langchain.com/langsmith/smith-api
struct Info {
  std::string version;
  bool v1_queries = true;   ///< instance_flags.ch_query_enabled
  bool v2_queries = false;  ///< instance_flags.sdb_query_enabled
};

struct Workspace {
  std::string id;
  std::string name;
  std::string handle;
  bool personal = false;
  bool read_only = false;
};

struct Project {
  std::string id;
  std::string name;
  std::string workspace;
  std::optional<model::Micros> start;     ///< when it was made
  std::optional<model::Micros> last_run;  ///< start of its latest run
  std::optional<std::int64_t> runs;
};

/// A bucket that exports can be written to. The service never gives its credentials.
struct Destination {
  std::string id;
  std::string name;
  std::string bucket;
  std::string prefix;
  std::string endpoint;  ///< empty: Amazon's
  std::string region;
};

[[nodiscard]] base::Result<Info> info(const Api& api);
[[nodiscard]] base::Result<std::vector<Workspace>> workspaces(const Api& api);
/// All projects, newest first; `name_contains` narrows them.
[[nodiscard]] base::Result<std::vector<Project>> projects(const Api& api, const std::string& name_contains = "");
/// The project of that id or exact name. Errors: k_not_found, naming it.
[[nodiscard]] base::Result<Project> project(const Api& api, const std::string& id_or_name);
[[nodiscard]] base::Result<std::vector<Destination>> destinations(const Api& api);

/// Whether the text is a UUID in its usual form.
[[nodiscard]] bool is_uuid(std::string_view text);

}  // namespace trajectory::live
