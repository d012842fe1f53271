#include "platform/service.h"

#include <algorithm>

#include "platform/events.h"
#include "platform/json_text.h"
#include "platform/upload.h"

namespace trajectory::platform {

namespace {

using Respond = base::Result<Answer> (*)(const Context&, const Request&);

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
  TJ_TRY(context.catalog.read([](sqlite::Database& database) { return database.execute("SELECT 1 FROM datasets"); }));
  Answer out;
  out.body = R"({"status":"ok"})";
  return out;
}

struct Route {
  std::string_view method;
  std::string_view path;
  Scope scope;
  Respond respond;
};

constexpr Route k_routes[] = {
    {"GET", "/health", Scope::k_open, health},
    {"GET", "/api/v1/info", Scope::k_open, info},
    {"POST", "/api/v1/trajectories/upload", Scope::k_write, upload},
    {"POST", "/api/v1/trajectories/known", Scope::k_write, known},
    {"POST", "/api/v1/telemetry/events", Scope::k_write, push_events},
};

Answer no_route(const Request& request) {
  std::string allowed;
  for (const Route& route : k_routes)
    if (route.path == request.path) allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
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
      places_(settings_.large_bodies),
      context_{catalog, settings_, places_, clock_},
      access_(context_),
      log_(std::move(log)) {}

Answer Service::handle(const Request& request) {
  const auto* const route = std::find_if(std::begin(k_routes), std::end(k_routes), [&](const Route& r) {
    return r.path == request.path && (r.method == request.method || (r.method == "GET" && request.method == "HEAD"));
  });
  const bool found = route != std::end(k_routes);
  if (auto refused = access_.refuse(request, found ? route->scope : Scope::k_open)) return *std::move(refused);
  if (!found) return no_route(request);
  auto answer = route->respond(context_, request);
  if (answer) return std::move(*answer);
  Answer refused = refusal(answer.error());
  if (refused.status >= 500)
    log_(JsonText::object()
             .time("time", clock_.now())
             .text("level", "error")
             .text("path", route->path)
             .text("error", answer.error().text())
             .done());
  return refused;
}

}  // namespace trajectory::platform
