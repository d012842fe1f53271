#include "live/workspace.h"

#include <functional>

#include "base/time.h"
#include "live/answer.h"

namespace trajectory::live {

namespace {

std::optional<model::Micros> time_in(const json::Value& value) { return base::parse_time(value.string()); }

Project project_in(const json::Value& value) {
  Project out;
  out.id = value["id"].string();
  out.name = value["name"].string();
  out.workspace = value["tenant_id"].string();
  out.start = time_in(value["start_time"]);
  out.last_run = time_in(value["last_run_start_time"]);
  if (value["run_count"].is_number()) out.runs = value["run_count"].integer();
  return out;
}

Destination destination_in(const json::Value& value) {
  const json::Value& config = value["config"];
  Destination out;
  out.id = value["id"].string();
  out.name = value["display_name"].string();
  out.bucket = config["bucket_name"].string();
  out.prefix = config["prefix"].string();
  out.endpoint = config["endpoint_url"].string();
  out.region = config["region"].string();
  return out;
}

template <class T>
base::Result<std::vector<T>> list(const Api& api, const Call& call, const std::function<T(const json::Value&)>& read) {
  auto answer = ask_json(api, call);
  if (!answer) return std::move(answer).error();
  if (!answer->value().is_array()) return unexpected(call, "no list");
  std::vector<T> out;
  for (const json::Value& item : answer->value().items()) out.push_back(read(item));
  return out;
}

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

base::Result<Info> info(const Api& api) {
  auto answer = ask_json(api, {.path = "/api/v1/info", .what = "ask LangSmith for its version"});
  if (!answer) return std::move(answer).error();
  const json::Value& value = answer->value();
  const json::Value& flags = value["instance_flags"];
  Info out;
  out.version = value["version"].string();
  out.v1_queries = !flags["ch_query_enabled"].is_bool() || flags["ch_query_enabled"].is_true();
  out.v2_queries = flags["sdb_query_enabled"].is_true();
  return out;
}

base::Result<std::vector<Workspace>> workspaces(const Api& api) {
  return list<Workspace>(api, {.path = "/api/v1/workspaces", .what = "list the workspaces"},
                         [](const json::Value& value) {
                           Workspace out;
                           out.id = value["id"].string();
                           out.name = value["display_name"].string();
                           out.handle = value["tenant_handle"].string();
                           out.personal = value["is_personal"].is_true();
                           out.read_only = value["read_only"].is_true();
                           return out;
                         });
}

base::Result<std::vector<Project>> projects(const Api& api, const std::string& name_contains) {
  constexpr std::size_t k_page = 100;
  std::vector<Project> out;
  for (;;) {
    Call call{.path = "/api/v1/sessions", .what = "list the projects"};
    call.query = {{"limit", std::to_string(k_page)}, {"offset", std::to_string(out.size())}};
    if (!name_contains.empty()) call.query.emplace_back("name_contains", name_contains);
    auto page = list<Project>(api, call, project_in);
    if (!page) return page;
    out.insert(out.end(), page->begin(), page->end());
    if (page->size() < k_page) return out;
  }
}

base::Result<Project> project(const Api& api, const std::string& id_or_name) {
  const std::string what = "find the project \"" + id_or_name + "\"";
  if (is_uuid(id_or_name)) {
    auto answer = ask_json(api, {.path = "/api/v1/sessions/" + id_or_name, .what = what});
    if (answer) return project_in(answer->value());
    if (answer.error().code() != base::ErrorCode::k_not_found) return std::move(answer).error();
  }
  Call call{.path = "/api/v1/sessions", .what = what};
  call.query = {{"name", id_or_name}, {"limit", "1"}};
  auto found = list<Project>(api, call, project_in);
  if (!found) return std::move(found).error();
  for (const Project& one : *found)
    if (one.name == id_or_name) return one;
  return base::Error(base::ErrorCode::k_not_found,
                     "there is no project \"" + id_or_name +
                         "\" in the workspace: `trajectory langsmith projects` lists them, LANGSMITH_WORKSPACE_ID "
                         "chooses the workspace");
}

base::Result<std::vector<Destination>> destinations(const Api& api) {
  return list<Destination>(
      api, {.path = "/api/v1/bulk-exports/destinations", .what = "list the destinations of bulk exports"},
      destination_in);
}

}  // namespace trajectory::live
