#include "platform/requests/service.h"

#include <algorithm>

#include "platform/catalog/payload_files.h"
#include "platform/requests/events.h"
#include "platform/requests/export.h"
#include "platform/requests/guarded.h"
#include "platform/requests/json_text.h"
#include "platform/requests/lists.h"
#include "platform/requests/one.h"
#include "platform/requests/openapi.h"
#include "platform/requests/upload.h"

namespace trajectory::platform::requests {

namespace {

using Respond = base::Result<Answer> (*)(const Context&, const Request&);
using RespondOf = base::Result<Answer> (*)(const Context&, const Request&, const std::string& id);

base::Result<Answer> info(const Context& context, const Request&) {
  Answer out;
  out.body = JsonText::object()
                 .text("name", "trajectory")
                 .text("version", TRAJECTORY_VERSION)
                 .raw("abilities", R"(["known-hashes","native-records"])")
                 .raw("limits", JsonText::object()
                                    .integer("body_bytes", static_cast<std::int64_t>(context.settings.body_bytes))
                                    .integer("wire_bytes", static_cast<std::int64_t>(context.settings.wire_bytes))
                                    .integer("batch", static_cast<std::int64_t>(context.settings.batch))
                                    .integer("known", static_cast<std::int64_t>(context.settings.asked))
                                    .integer("depth", json::Parser::k_max_depth)
                                    .done())
                 .raw("compression", R"(["gzip","zstd"])")
                 .done();
  return out;
}

/// Whether the catalog answers.
base::Result<Answer> health(const Context& context, const Request&) {
  TJ_TRY(context.catalog.read(
      [](sqlite::Database& database) { return database.execute("SELECT 1 FROM datasets LIMIT 1"); }));
  Answer out;
  out.body = R"({"status":"ok"})";
  return out;
}

base::Result<Answer> openapi(const Context&, const Request&) {
  Answer out;
  out.body = k_openapi;
  return out;
}

}  // namespace

struct Route {
  std::string_view method;
  std::string_view path;  ///< ends with "{id}" or has it inside where `respond_of` is set
  Scope scope;
  Respond respond;
  RespondOf respond_of = nullptr;
  bool changes = false;  ///< what the search index is made of
};

namespace {

constexpr Route k_routes[] = {
    {"GET", "/health", Scope::k_open, health},
    {"GET", "/api/v1/info", Scope::k_open, info},
    {"GET", "/api/v1/openapi.json", Scope::k_open, openapi},
    {"POST", "/api/v1/trajectories/upload", Scope::k_write, upload, nullptr, true},
    {"POST", "/api/v1/trajectories/known", Scope::k_write, known},
    {"POST", "/api/v1/telemetry/events", Scope::k_write, push_events},
    {"GET", "/api/v1/datasets", Scope::k_read, list_datasets},
    {"GET", "/api/v1/versions", Scope::k_read, list_versions},
    {"GET", "/api/v1/diff", Scope::k_read, list_differences},
    {"GET", "/api/v1/figures", Scope::k_read, show_figures},
    {"GET", "/api/v1/export", Scope::k_read, export_selection},
    {"GET", "/api/v1/trajectories", Scope::k_read, list_trajectories},
    {"GET", "/api/v1/trajectories/{id}", Scope::k_read, nullptr, show_trajectory},
    {"GET", "/api/v1/trajectories/{id}/versions", Scope::k_read, nullptr, list_history},
    {"GET", "/api/v1/trajectories/{id}/lines", Scope::k_read, nullptr, list_lines},
    {"GET", "/api/v1/trajectories/{id}/messages", Scope::k_read, nullptr, list_messages},
    {"GET", "/api/v1/trajectories/{id}/calls", Scope::k_read, nullptr, list_calls},
    {"GET", "/api/v1/trajectories/{id}/events", Scope::k_read, nullptr, list_events},
    {"DELETE", "/api/v1/conversations", Scope::k_write, remove, nullptr, true},
};

/// Whether a path is a route's, and the id in it: 32 hexadecimal digits and nothing else.
bool matches(std::string_view route, std::string_view path, std::string& id) {
  constexpr std::string_view k_id = "{id}";
  constexpr std::size_t k_digits = 32;
  const std::size_t at = route.find(k_id);
  if (at == std::string_view::npos) return route == path;
  const std::string_view behind = route.substr(at + k_id.size());
  if (path.size() != at + k_digits + behind.size() || path.substr(0, at) != route.substr(0, at) ||
      path.substr(at + k_digits) != behind)
    return false;
  id = path.substr(at, k_digits);
  return id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Answer no_route(const Request& request) {
  std::string allowed;
  std::string id;
  for (const Route& route : k_routes)
    if (matches(route.path, request.path, id)) allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  if (allowed.empty()) return refusal(404, "there is no such path: see /api/v1/openapi.json");
  Answer out = refusal(405, "that path takes " + allowed);
  out.headers.emplace_back("Allow", allowed);
  return out;
}

}  // namespace

Service::Service(catalog::Catalog& catalog, Settings settings, base::Clock clock,
                 std::function<void(std::string_view)> log)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      uploads_(settings_.large_bodies),
      reads_(settings_.large_bodies),
      context_{catalog, settings_, uploads_, reads_, clock_},
      access_(context_),
      log_(std::move(log)),
      indexer_(catalog, [this](const std::string& error) { log_error("", error); }) {}

void Service::log_error(std::string_view path, const std::string& error) {
  JsonText line = JsonText::object();
  line.time("time", clock_.now()).text("level", "error");
  if (!path.empty()) line.text("path", path);
  log_(line.text("error", error).done());
}

/// A line of the log has no text that a client sent beside the path of a route: no query, no id, no body, no key.
void Service::log(const Request& request, std::string_view path, int status, std::int64_t started,
                  const std::string& error) {
  JsonText line = JsonText::object();
  line.time("time", clock_.now())
      .text("level", status >= 500 ? "error" : "info")
      .text("method", path.empty() ? "?" : request.method)
      .text("path", path.empty() ? "?" : path)
      .integer("status", status)
      .integer("milliseconds", clock_.steady() - started)
      .text("peer", request.peer);
  if (!error.empty()) line.text("error", error);
  log_(line.done());
}

base::Result<Answer> Service::respond(const Request& request, const Route* route, const std::string& id) {
  auto refused = access_.refuse(request, route != nullptr ? route->scope : Scope::k_open);
  if (!refused) return std::move(refused).error();
  if (*refused) return **std::move(refused);
  if (route == nullptr) return no_route(request);
  auto answer =
      route->respond_of != nullptr ? route->respond_of(context_, request, id) : route->respond(context_, request);
  if (route->changes) indexer_.tell();
  return answer;
}

/// The head of a stream's answer is out when it fails: the log alone can say why the client gets half of it.
base::Status Service::run_stream(const std::function<base::Status(const Sink&)>& stream, std::string_view path,
                                 const Sink& sink) {
  base::Status done = guarded([&] { return stream(sink); });
  if (!done.ok() && done.error().code() != base::ErrorCode::k_unreachable)
    log_error(path, "an answer was cut off: " + done.error().text());
  return done;
}

Answer Service::handle(const Request& request) {
  const std::int64_t started = clock_.steady();
  std::string id;
  const auto* const route = std::find_if(std::begin(k_routes), std::end(k_routes), [&](const Route& r) {
    return (r.method == request.method || (r.method == "GET" && request.method == "HEAD")) &&
           matches(r.path, request.path, id);
  });
  const bool found = route != std::end(k_routes);
  const std::string_view path = found ? route->path : std::string_view();
  auto made = guarded([&] { return respond(request, found ? route : nullptr, id); });
  Answer answer = made ? *std::move(made) : refusal(made.error());
  add_security_headers(answer);
  if (answer.stream)
    answer.stream = [this, path, stream = std::move(answer.stream)](const Sink& sink) {
      return run_stream(stream, path, sink);
    };
  if (!settings_.quiet || answer.status >= 500)
    log(request, path, answer.status, started, made || answer.status < 500 ? std::string() : made.error().text());
  return answer;
}

}  // namespace trajectory::platform::requests
