#include <cstdlib>
#include <optional>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/choice.h"
#include "base/clock.h"
#include "base/time.h"
#include "errors.h"
#include "live/bulk_export.h"
#include "live/discover.h"
#include "live/fetch.h"
#include "live/find_access.h"
#include "live/workspace.h"
#include "modules.h"
#include "waiting.h"

namespace nb = nanobind;

namespace trajectory::python {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void make_access(live::Access* self, const nb::bytes& key, const nb::bytes& url, const nb::bytes& workspace) {
  new (self) live::Access(
      value_of(live::find_access({text_of(url), base::Secret(text_of(key)), text_of(workspace)}, "", variable)));
}

live::Route route_of(const nb::bytes& name) { return value_of(base::choose(view_of(name), "route", live::k_routes)); }
live::ApiVersion api_version_of(const nb::bytes& name) {
  return value_of(base::choose(view_of(name), "api_version", live::k_api_versions));
}

void make_project(live::FetchRequest* self, const live::Access& access, const nb::bytes& project,
                  const nb::bytes& route, const nb::bytes& api_version, const nb::bytes& destination,
                  const nb::bytes& bucket, const nb::bytes& keep_export, std::optional<std::int64_t> timeout,
                  const nb::bytes& state, const nb::bytes& target, const std::string& window_as_asked,
                  const std::vector<nb::bytes>& run_filters, const std::vector<nb::bytes>& trace_filters) {
  live::FetchRequest request;
  request.access = access;
  request.project = text_of(project);
  request.route = route_of(route);
  request.version = api_version_of(api_version);
  request.bulk.destination = text_of(destination);
  if (timeout) request.bulk.timeout = *timeout;
  request.bucket = text_of(bucket);
  request.keep_export = text_of(keep_export);
  request.state = text_of(state);
  request.states = live::states_folder(variable);
  request.target = text_of(target);
  request.window_as_asked = window_as_asked;
  request.wanted.filter = live::filter_and(texts_of(trace_filters));
  request.wanted.run_filter = live::filter_and(texts_of(run_filters));
  new (self) live::FetchRequest(std::move(request));
}

nb::object time_of(const std::optional<model::Micros>& time) {
  return time ? nb::object(to_text(base::format_time(*time))) : nb::none();
}

/// Asks LangSmith, on a thread of its own.
template <class Work>
auto ask(const live::Access& access, Work work) {
  using Answer = decltype(work(std::declval<const live::Api&>()));
  return value_of(run_interruptibly({}, [&](const live::Hooks& hooks) -> Answer {
    const auto api = live::Api::open(access, base::system_clock(hooks.stop), hooks);
    if (!api) return api.error();
    return work(*api);
  }));
}

template <class T>
nb::list listed(const std::vector<T>& all, nb::dict (*write)(const T&)) {
  nb::list out;
  for (const T& one : all) out.append(write(one));
  return out;
}

nb::dict workspace_dict(const live::Workspace& one) {
  nb::dict out;
  out["id"] = to_text(one.id);
  out["name"] = to_text(one.name);
  out["handle"] = to_text(one.handle);
  out["is_personal"] = one.personal;
  out["read_only"] = one.read_only;
  return out;
}

nb::dict project_dict(const live::Project& one) {
  nb::dict out;
  out["id"] = to_text(one.id);
  out["name"] = to_text(one.name);
  out["workspace_id"] = to_text(one.workspace);
  out["start_time"] = time_of(one.start);
  out["last_run_start_time"] = time_of(one.last_run);
  out["run_count"] = one.runs;
  return out;
}

nb::dict destination_dict(const live::Destination& one) {
  nb::dict out;
  out["id"] = to_text(one.id);
  out["name"] = to_text(one.name);
  out["bucket"] = to_text(one.bucket);
  out["prefix"] = to_text(one.prefix);
  out["endpoint_url"] = to_text(one.endpoint);
  out["region"] = to_text(one.region);
  return out;
}

nb::dict export_dict(const live::BulkExport& one) {
  nb::dict out;
  out["id"] = to_text(one.id);
  out["status"] = to_text(live::status_name(one.status));
  out["project_id"] = to_text(one.project);
  out["destination_id"] = to_text(one.destination);
  out["start_time"] = time_of(one.start);
  out["end_time"] = time_of(one.end);
  out["filter"] = to_text(one.filter);
  out["created_at"] = time_of(one.created);
  out["finished_at"] = time_of(one.finished);
  return out;
}

nb::dict summary_dict(const live::Summary& one) {
  nb::dict out;
  out["conversation_id"] = to_text(one.id);
  out["num_turns"] = one.turns;
  out["first_seen"] = time_of(one.first_seen);
  out["last_seen"] = time_of(one.last_seen);
  nb::list names;
  for (const std::string& name : one.root_names) names.append(to_text(name));
  out["root_run_names"] = names;
  return out;
}

nb::list list_conversations(const live::Access& access, const nb::bytes& project, std::uint64_t limit,
                            std::optional<std::int64_t> since, std::optional<std::int64_t> until,
                            const std::optional<std::vector<nb::bytes>>& keys, const nb::bytes& trace_filter) {
  live::Wanted wanted;
  wanted.since = since;
  wanted.until = until;
  wanted.thread_keys = keys ? texts_of(*keys) : pipeline::Selection().thread_keys;
  wanted.filter = text_of(trace_filter);
  const std::string name = text_of(project);
  return listed(ask(access, [&](const live::Api& api) { return live::newest_conversations(api, name, limit, wanted); }),
                summary_dict);
}

}  // namespace

void define_live(nb::module_& m) {
  nb::class_<live::Access>(m, "Access", "Where LangSmith is and who asks; what is empty is looked for.")
      .def("__init__", &make_access, nb::kw_only(), nb::arg("key"), nb::arg("url"), nb::arg("workspace"))
      .def_prop_ro(
          "has_key", [](const live::Access& access) { return !access.key.empty(); }, "Whether there is a key.")
      .def_prop_ro(
          "workspace", [](const live::Access& access) { return to_text(access.workspace); },
          "The workspace's id; empty: the key's own.");
  m.def(
      "check_routes",
      [](const nb::bytes& route, const nb::bytes& api_version) {
        (void)route_of(route);
        (void)api_version_of(api_version);
      },
      nb::kw_only(), nb::arg("route"), nb::arg("api_version"), "Refuses names that are none.");
  nb::class_<live::FetchRequest>(m, "Project", "A project as a source. The timeout is in milliseconds.")
      .def("__init__", &make_project, nb::arg("access"), nb::arg("project"), nb::kw_only(), nb::arg("route"),
           nb::arg("api_version"), nb::arg("destination"), nb::arg("bucket"), nb::arg("keep_export"),
           nb::arg("timeout").none(), nb::arg("state"), nb::arg("target"), nb::arg("window_as_asked"),
           nb::arg("run_filters"), nb::arg("trace_filters"));
  const auto sig = [](const char* text) { return nb::sig(text); };
  m.def(
      "list_workspaces",
      [](const live::Access& access) { return listed(ask(access, live::workspaces), workspace_dict); },
      nb::arg("access"), sig("def list_workspaces(access: Access) -> list[dict[str, typing.Any]]"),
      "The workspaces that the key sees.");
  m.def(
      "list_projects",
      [](const live::Access& access, const nb::bytes& name) {
        const std::string part = text_of(name);
        return listed(ask(access, [&](const live::Api& api) { return live::projects(api, part); }), project_dict);
      },
      nb::arg("access"), nb::arg("name_contains"),
      sig("def list_projects(access: Access, name_contains: bytes) -> list[dict[str, typing.Any]]"),
      "The projects, newest first.");
  m.def(
      "list_destinations",
      [](const live::Access& access) { return listed(ask(access, live::destinations), destination_dict); },
      nb::arg("access"), sig("def list_destinations(access: Access) -> list[dict[str, typing.Any]]"),
      "The buckets that exports can be written to.");
  m.def(
      "list_exports", [](const live::Access& access) { return listed(ask(access, live::exports), export_dict); },
      nb::arg("access"), sig("def list_exports(access: Access) -> list[dict[str, typing.Any]]"), "The bulk exports.");
  m.def(
      "cancel_export",
      [](const live::Access& access, const nb::bytes& id) {
        const std::string one = text_of(id);
        return export_dict(ask(access, [&](const live::Api& api) { return live::cancel_export(api, one); }));
      },
      nb::arg("access"), nb::arg("id"), sig("def cancel_export(access: Access, id: bytes) -> dict[str, typing.Any]"),
      "Stops a bulk export.");
  m.def("list_conversations", &list_conversations, nb::arg("access"), nb::arg("project"), nb::kw_only(),
        nb::arg("limit"), nb::arg("since").none(), nb::arg("until").none(), nb::arg("keys").none(),
        nb::arg("trace_filter"),
        sig("def list_conversations(access: Access, project: bytes, *, limit: int, since: int | None, until: int | "
            "None, keys: collections.abc.Sequence[bytes] | None, trace_filter: bytes) -> list[dict[str, typing.Any]]"),
        "The newest conversations of a project.");
}

}  // namespace trajectory::python
