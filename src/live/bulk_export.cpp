#include "live/bulk_export.h"

#include <array>

#include "base/text.h"
#include "base/time.h"
#include "json/write.h"
#include "live/answer.h"

namespace trajectory::live {

namespace {

constexpr std::array<std::string_view, 8> k_status_names{"Created",   "Running",  "Completed",         "Failed",
                                                         "Cancelled", "TimedOut", "IntervalScheduled", "unknown"};

/// The wire says "TimedOut", the documents "TIMED_OUT".
std::string plain(std::string_view word) {
  std::string out = base::lower_ascii(word);
  std::erase(out, '_');
  return out;
}

BulkExport export_in(const json::Value& value) {
  BulkExport out;
  out.id = value["id"].string();
  out.destination = value["bulk_export_destination_id"].string();
  out.project = value["session_id"].string();
  out.start = base::parse_time(value["start_time"].string());
  out.end = base::parse_time(value["end_time"].string());
  out.filter = value["filter"].string();
  out.tells_filter = value.has("filter");
  out.status = export_status(value["status"].string());
  out.created = base::parse_time(value["created_at"].string());
  out.finished = base::parse_time(value["finished_at"].string());
  return out;
}

ExportPart part_in(const json::Value& value) {
  const json::Value& metadata = value["metadata"];
  const json::Value& result = metadata["result"];
  ExportPart out;
  out.id = value["id"].string();
  out.status = export_status(value["status"].string());
  out.start = base::parse_time((metadata.has("start_time") ? metadata : value)["start_time"].string());
  out.retries = static_cast<int>(value["retry_number"].integer());
  // {"retry_0": "...", "retry_1": "..."}: the last is what it came to.
  for (const json::Member& error : value["errors"].members())
    out.error = error.value.is_string() ? error.value.text() : error.value.raw();
  out.rows = result["rows_written"].integer();
  for (const json::Value& file : result["exported_files"].items()) out.files.emplace_back(file.string());
  return out;
}

base::Result<BulkExport> one(const Api& api, const Call& call) {
  auto answer = ask_json(api, call);
  if (!answer) return std::move(answer).error();
  BulkExport out = export_in(answer->value());
  if (out.id.empty()) return unexpected(call, "no export");
  return out;
}

std::string path_of(const std::string& id) { return "/api/v1/bulk-exports/" + http_path(id); }

}  // namespace

ExportStatus export_status(std::string_view word) {
  const std::string wanted = plain(word);
  for (std::size_t i = 0; i < k_status_names.size(); ++i)
    if (plain(k_status_names[i]) == wanted) return static_cast<ExportStatus>(i);
  return ExportStatus::k_unknown;
}

std::string_view status_name(ExportStatus status) { return k_status_names[static_cast<std::size_t>(status)]; }

bool is_finished(ExportStatus status) {
  return status == ExportStatus::k_completed || status == ExportStatus::k_failed ||
         status == ExportStatus::k_cancelled || status == ExportStatus::k_timed_out;
}

base::Result<std::vector<BulkExport>> exports(const Api& api) {
  const Call call{.path = "/api/v1/bulk-exports", .what = "list the bulk exports"};
  auto answer = ask_json(api, call);
  if (!answer) return std::move(answer).error();
  if (!answer->value().is_array()) return unexpected(call, "no list");
  std::vector<BulkExport> out;
  for (const json::Value& item : answer->value().items()) out.push_back(export_in(item));
  return out;
}

base::Result<BulkExport> bulk_export(const Api& api, const std::string& id) {
  return one(api, {.path = path_of(id), .what = "look at the bulk export " + id});
}

base::Result<std::vector<ExportPart>> export_parts(const Api& api, const std::string& id) {
  const Call call{.path = path_of(id) + "/runs", .what = "look at the parts of the bulk export " + id};
  auto answer = ask_json(api, call);
  if (!answer) return std::move(answer).error();
  if (!answer->value().is_array()) return unexpected(call, "no list");
  std::vector<ExportPart> out;
  for (const json::Value& item : answer->value().items()) out.push_back(part_in(item));
  return out;
}

base::Result<CreatedExport> create_export(const Api& api, const ExportOrder& order) {
  Call call{.method = "POST", .path = "/api/v1/bulk-exports", .what = "begin a bulk export", .repeatable = false};
  call.body = R"({"bulk_export_destination_id":)" + json::quoted(order.destination) + R"(,"session_id":)" +
              json::quoted(order.project) + R"(,"start_time":)" + json::quoted(base::format_time(order.start)) +
              R"(,"end_time":)" + json::quoted(base::format_time(order.end));
  if (!order.filter.empty()) call.body += R"(,"filter":)" + json::quoted(order.filter);
  call.body += R"(,"format":"Parquet","format_version":"v2_beta","compression":"zstandard"})";
  auto answer = api.ask(call);
  if (!answer) {
    if (answer.error().code() != base::ErrorCode::k_unreachable) return std::move(answer).error();
    return CreatedExport{Creation::k_unclear, {}, std::move(answer).error()};
  }
  if (answer->status == 429) return CreatedExport{Creation::k_over_quota, {}, api.explain(call, *answer)};
  if (answer->status >= 500) return CreatedExport{Creation::k_unclear, {}, api.explain(call, *answer)};
  if (!answer->ok()) return api.explain(call, *answer);
  json::Parser parser;
  const auto value = parser.parse(answer->body);
  if (!value) return unexpected(call, "no JSON");
  CreatedExport out{Creation::k_made, export_in(**value), std::nullopt};
  if (out.made.id.empty()) return unexpected(call, "no export");
  return out;
}

base::Result<BulkExport> cancel_export(const Api& api, const std::string& id) {
  return one(api, {.method = "PATCH",
                   .path = path_of(id),
                   .body = R"({"status":"Cancelled"})",
                   .what = "cancel the bulk export " + id});
}

bool answers(const BulkExport& found, const ExportOrder& order) {
  if (found.destination != order.destination || found.project != order.project) return false;
  if (found.start != order.start || found.end != order.end) return false;
  if (found.tells_filter && found.filter != order.filter) return false;
  return found.status == ExportStatus::k_completed || !is_finished(found.status);
}

}  // namespace trajectory::live
