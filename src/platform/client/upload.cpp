#include "platform/client/upload.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "base/threads.h"
#include "http/url.h"
#include "json/value.h"
#include "json/write.h"
#include "platform/client/batch.h"
#include "platform/client/secrets.h"
#include "record/contract.h"
#include "record/record_json.h"

namespace trajectory::platform::client {

namespace {

constexpr std::size_t k_secrets_shown = 20;
constexpr std::size_t k_places_shown = 3;  ///< of one trajectory

base::Error interrupted() { return {base::ErrorCode::k_interrupted, "interrupted"}; }

/// The object with another `request_index`.
std::string outcome_json(const json::Value& item, std::uint64_t place) {
  std::string out = "{\"request_index\":" + std::to_string(place);
  for (const json::Member& member : item.members()) {
    if (member.key == "request_index") continue;
    out.append(",").append(json::quoted(member.key)).append(":");
    json::append_compact(out, member.value);
  }
  return out + "}";
}

/// An upload under way; its senders share it.
class Sending {
 public:
  Sending(const Service& service, const Abilities& abilities, const Source& source, const UploadOptions& options)
      : service_(service),
        abilities_(abilities),
        source_(source),
        options_(options),
        batches_(source, abilities, options.dataset, options.scratch) {}

  base::Result<UploadReport> run();

 private:
  base::Status send_batches();
  base::Status leave_known_out(Batch& batch);
  base::Status send(const Batch& batch);
  base::Status take(const Batch& batch, const json::Value& answer);
  void advance(std::uint64_t count);
  void keep(std::uint64_t place, bool failed, std::string json) {
    if (failed || options_.keep_outcomes) report_.outcomes.push_back({place, failed, std::move(json)});
  }

  const Service& service_;
  const Abilities& abilities_;
  const Source& source_;
  const UploadOptions& options_;
  Batches batches_;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  UploadReport report_;
  std::uint64_t done_ = 0;
};

base::Result<UploadReport> Sending::run() {
  const std::int64_t begun = service_.clock().steady();
  base::Status status = base::parallel_for(options_.batches_at_once, options_.batches_at_once,
                                           [this](std::size_t, unsigned) -> base::Status {
                                             base::Status sent = send_batches();
                                             if (!sent.ok()) failed_ = true;
                                             return sent;
                                           });
  if (!status.ok()) {
    base::Error error = std::move(status).error();
    const std::uint64_t there = report_.uploaded + report_.backend_skipped;
    if (there == 0 || error.code() == base::ErrorCode::k_interrupted) return error;
    return std::move(error).with(std::to_string(there) + " of " + std::to_string(source_.size) +
                                 " trajectories are there already: start again, and the rest is sent");
  }
  report_.client_skipped = batches_.skipped();
  report_.milliseconds = service_.clock().steady() - begun;
  std::sort(report_.outcomes.begin(), report_.outcomes.end(),
            [](const Outcome& a, const Outcome& b) { return a.place < b.place; });
  return std::move(report_);
}

base::Status Sending::send_batches() {
  while (!failed_) {
    if (service_.interrupted()) return interrupted();
    auto batch = batches_.next();
    if (!batch) return std::move(batch).error();
    if (!*batch) return {};
    const std::uint64_t count = (*batch)->entries.size();
    if (abilities_.known_hashes) TJ_TRY(leave_known_out(**batch));
    if (!(*batch)->entries.empty()) TJ_TRY(send(**batch));
    advance(count);
  }
  return {};
}

/// Asks which of the batch's trajectories are there, as they are, and takes them out.
base::Status Sending::leave_known_out(Batch& batch) {
  Body body;
  body.add("{\"dataset\":" + json::quoted(options_.dataset) + ",\"trajectories\":[");
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const Entry& entry = batch.entries[i];
    if (entry.conversation_id.empty()) continue;
    body.add((asked.empty() ? "{\"conversation_id\":" : ",{\"conversation_id\":") +
             json::quoted(entry.conversation_id) + ",\"upload_hash\":\"" + entry.upload_hash + "\"}");
    asked.push_back(i);
  }
  if (asked.empty()) return {};
  body.add("]}");
  const Service::Post call{.path = "/api/v1/trajectories/known",
                           .content_type = "application/json",
                           .body = body.source(),
                           .what = "ask which trajectories are there"};
  const auto answer = service_.post(call);
  if (!answer) return answer.error();
  if (answer->status != 200) return service_.refusal(call, *answer);
  json::Parser parser;
  const auto parsed = parser.parse(answer->body);
  if (!parsed || !(**parsed)["known"].is_array())
    return service_.unexpected(call, "the answer is no list of what is known: " + answer->body);
  std::vector<bool> known(batch.entries.size());
  const std::lock_guard lock(mutex_);
  for (const json::Value& item : (**parsed)["known"].items()) {
    const std::int64_t index = item["request_index"].integer(-1);
    if (index < 0 || static_cast<std::size_t>(index) >= asked.size()) continue;
    const std::size_t at = asked[static_cast<std::size_t>(index)];
    if (known[at]) continue;
    known[at] = true;
    ++report_.backend_skipped;
    std::string json = outcome_json(item, batch.entries[at].place);
    json.pop_back();
    keep(batch.entries[at].place, false, json + ",\"status\":\"skipped\",\"error\":null}");
  }
  std::vector<Entry> rest;
  for (std::size_t i = 0; i < batch.entries.size(); ++i)
    if (!known[i]) rest.push_back(std::move(batch.entries[i]));
  batch.entries = std::move(rest);
  return {};
}

base::Status Sending::send(const Batch& batch) {
  const Body whole = batch.body(options_.dataset);
  Body body = whole;
  Spool frame(options_.scratch);
  Service::Post call{.path = "/api/v1/trajectories/upload",
                     .content_type = batch.native ? "application/x-ndjson" : "application/json",
                     .body = {},
                     .what = "upload trajectories"};
  if (batch.native) call.path += "?dataset=" + http::percent_encoded(options_.dataset);
  if (abilities_.zstd) {
    auto compressed = whole.compressed(options_.scratch);
    if (!compressed) return std::move(compressed).error();
    frame = std::move(*compressed);
    body = Body();
    body.add(frame, 0, frame.size());
    call.content_encoding = "zstd";
  }
  call.body = body.source();
  const auto answer = service_.post(call);
  if (!answer) return answer.error();
  if (answer->status != 200) return service_.refusal(call, *answer);
  json::Parser parser;
  const auto parsed = parser.parse(answer->body);
  if (!parsed || !(*parsed)->is_object())
    return service_.unexpected(
        call, "the answer is no JSON object: does TRAJECTORY_BASE_URL lead to a platform? It says: " + answer->body);
  const json::Value& value = **parsed;
  if (const json::Value& errors = value["errors"]; errors.size() > 0 || errors.is_true() || !errors.string().empty()) {
    std::string all(errors.string());
    for (const json::Value& one : errors.items())
      all.append(all.empty() ? "" : "; ").append(one.is_string() ? one.text() : one.raw());
    return service_.unexpected(call, "the platform says: " + all);
  }
  return take(batch, value);
}

base::Status Sending::take(const Batch& batch, const json::Value& answer) {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::int64_t>(batch.entries.size());
  std::int64_t failed = 0;
  for (const json::Value& item : answer["trajectories"].items()) {
    const std::int64_t index = item["request_index"].integer(-1);
    if (index < 0 || index >= count) continue;
    const std::uint64_t place = batch.entries[static_cast<std::size_t>(index)].place;
    const bool bad = item["status"].string() == "error";
    failed += bad ? 1 : 0;
    keep(place, bad, outcome_json(item, place));
  }
  const std::int64_t skipped = std::max<std::int64_t>(0, answer["skipped"].integer());
  const std::int64_t rest = std::max<std::int64_t>(0, count - skipped - failed);
  report_.uploaded += static_cast<std::uint64_t>(std::max<std::int64_t>(0, answer["uploaded"].integer(rest)));
  report_.backend_skipped += static_cast<std::uint64_t>(skipped);
  ++report_.batches;
  return {};
}

void Sending::advance(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  if (service_.hooks().progress) service_.hooks().progress("uploading", done_, source_.size);
}

}  // namespace

std::string UploadReport::json() const {
  const auto number = [](std::string_view name, std::uint64_t value) {
    return "\"" + std::string(name) + "\":" + std::to_string(value) + ",";
  };
  std::string out = "{" + number("uploaded", uploaded) + number("skipped", client_skipped + backend_skipped) +
                    number("client_skipped", client_skipped) + number("backend_skipped", backend_skipped) +
                    "\"errors\":[],\"trajectories\":[";
  for (std::size_t i = 0; i < outcomes.size(); ++i) out.append(i > 0 ? "," : "").append(outcomes[i].json);
  out.append("]," + number("batches", batches) + "\"elapsed_s\":");
  json::append_double(out, std::round(static_cast<double>(milliseconds) / 10) / 100);
  return out + "}";
}

base::Result<Uploader> Uploader::open(const Access& access, const base::Clock& clock, const Hooks& hooks,
                                      const std::optional<Abilities>& known) {
  auto service = Service::open(access, clock, hooks);
  if (!service) return std::move(service).error();
  if (known) return Uploader(std::move(*service), *known);
  const auto abilities = service->abilities();
  if (!abilities) return abilities.error();
  return Uploader(std::move(*service), *abilities);
}

base::Result<SecretReport> Uploader::find_secrets(const Source& source) const {
  const auto finder = SecretFinder::make();
  if (!finder) return finder.error();
  SecretReport out;
  for (std::uint64_t place = 0; place < source.size; ++place) {
    if (service_.interrupted()) return interrupted();
    const auto item = source.read(place);
    if (!item) return item.error();
    std::string text;
    if (goes_native(*item, abilities_)) record::append_record(text, item->trajectory);
    else text = record::ContractForm(item->trajectory).delta();
    auto found = finder->find(text, k_places_shown);
    if (!found) return std::move(found).error().with("conversation " + item->trajectory.conversation_id);
    out.trajectories += found->empty() ? 0 : 1;
    for (const SecretPlace& one : *found)
      if (out.found.size() < k_secrets_shown)
        out.found.push_back({item->trajectory.conversation_id, std::string(one.kind) + " in " + one.place});
    if (service_.hooks().progress) service_.hooks().progress("looking for secrets", place + 1, source.size);
  }
  return out;
}

base::Result<UploadReport> Uploader::upload(const Source& source, const UploadOptions& options) const {
  if (options.dataset.empty()) return base::Error(base::ErrorCode::k_usage, "an upload needs the name of a dataset");
  return Sending(service_, abilities_, source, options).run();
}

}  // namespace trajectory::platform::client
