#include "platform/requests/upload.h"

#include <map>

#include "base/sha256.h"
#include "compress/frame.h"
#include "platform/requests/json_text.h"
#include "platform/requests/prepare.h"

namespace trajectory::platform::requests {

namespace {

/// What is known of a trajectory of the body by its place in it.
struct Outcome {
  std::string error;
  std::optional<catalog::Stored> stored;
};

struct Batch {
  std::string dataset;
  std::vector<Outcome> outcomes;
  std::vector<std::size_t> places;  ///< of what was received, in the body
  std::vector<Received> received;
};

base::Error too_many(std::size_t most) {
  return {base::ErrorCode::k_too_large, "more than " + std::to_string(most) + " trajectories: send smaller batches"};
}

void add(Batch& batch, base::Result<Received> received) {
  batch.outcomes.emplace_back();
  if (!received) {
    batch.outcomes.back().error = received.error().text();
    return;
  }
  batch.places.push_back(batch.outcomes.size() - 1);
  batch.received.push_back(std::move(received).value());
}

base::Result<Batch> read_contract(const Context& context, const Request& request) {
  constexpr int k_above = 2;  // the object and its list
  auto body = read_json(context, request, k_above + record::ReceivedContract::k_depth);
  if (!body) return std::move(body).error();
  auto name = dataset_name((*body->value)["dataset"].string());
  if (!name) return std::move(name).error();
  const json::Value& trajectories = (*body->value)["trajectories"];
  if (!trajectories.is_array()) return base::Error(base::ErrorCode::k_usage, "the body has no list of trajectories");
  if (trajectories.size() > context.settings.batch) return too_many(context.settings.batch);
  Batch out;
  out.dataset = std::move(*name);
  for (const json::Value& trajectory : trajectories.items()) add(out, receive_contract(trajectory, body->parser));
  return out;
}

base::Result<Batch> read_lines(const Context& context, const Request& request) {
  auto name = dataset_name(request.parameter("dataset"));
  if (!name) return std::move(name).error();
  const auto body = read_body(request, context.settings, context.uploads);
  if (!body) return body.error();
  Batch out;
  out.dataset = std::move(*name);
  json::Parser parser;
  parser.limit(context.settings.values);
  for (std::string_view rest = body->text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (out.outcomes.size() == context.settings.batch) return too_many(context.settings.batch);
    add(out, receive_record(line, parser));
    parser.reset();
  }
  return out;
}

/// Those of which the latest version is the same. Conversations that a body names twice are left to the catalog.
base::Status find_known(const Context& context, Batch& batch) {
  std::map<std::string_view, int> times;
  for (const Received& received : batch.received) ++times[received.facts.conversation];
  std::vector<std::pair<std::string, std::string>> asked;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < batch.received.size(); ++i) {
    if (times[batch.received[i].facts.conversation] > 1) continue;
    asked.emplace_back(batch.received[i].facts.conversation, batch.received[i].upload_hash);
    places.push_back(i);
  }
  auto found = context.catalog.known(batch.dataset, asked);
  if (!found) return std::move(found).error();
  for (std::size_t k = 0; k < places.size(); ++k)
    if ((*found)[k]) batch.outcomes[batch.places[places[k]]].stored = std::move((*found)[k]);
  return {};
}

base::Status store(const Context& context, Batch& batch) {
  compress::Frames frames;
  std::vector<catalog::Item> items;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < batch.received.size(); ++i) {
    if (batch.outcomes[batch.places[i]].stored) continue;
    Received& received = batch.received[i];
    catalog::Payload payload{base::sha256_hex(received.record), received.record.size(), frames.pack(received.record)};
    if (payload.frame.empty()) return base::Error(base::ErrorCode::k_io, "no memory to compress a record");
    items.push_back({std::move(received.upload_hash), std::move(received.facts), std::move(payload)});
    std::string().swap(received.record);
    places.push_back(batch.places[i]);
  }
  if (items.empty()) return {};
  auto stored = context.catalog.put(batch.dataset, items, context.clock.now());
  if (!stored) return std::move(stored).error();
  for (std::size_t k = 0; k < places.size(); ++k) batch.outcomes[places[k]].stored = std::move((*stored)[k]);
  return {};
}

Answer answer_of(const Batch& batch) {
  std::int64_t uploaded = 0;
  std::int64_t skipped = 0;
  std::int64_t refused = 0;
  JsonText list = JsonText::array();
  for (std::size_t i = 0; i < batch.outcomes.size(); ++i) {
    const Outcome& outcome = batch.outcomes[i];
    const bool stored = outcome.stored.has_value();
    ++(!stored ? refused : outcome.stored->skipped ? skipped : uploaded);
    list.item(JsonText::object()
                  .integer("request_index", static_cast<std::int64_t>(i))
                  .text_or_null("trajectory_id", stored ? outcome.stored->trajectory_id : "")
                  .text_or_null("trace_id", stored ? outcome.stored->trace_id : "")
                  .text("status", !stored                   ? "error"
                                  : outcome.stored->skipped ? "skipped"
                                                            : "uploaded")
                  .text_or_null("error", outcome.error)
                  .done());
  }
  Answer out;
  out.body = JsonText::object()
                 .integer("uploaded", uploaded)
                 .integer("skipped", skipped)
                 .raw("errors", "[]")
                 .text("message", std::to_string(uploaded) + " uploaded, " + std::to_string(skipped) +
                                      " skipped: the same content was there, " + std::to_string(refused) + " refused")
                 .raw("trajectories", list.done())
                 .done();
  return out;
}

}  // namespace

base::Result<Answer> upload(const Context& context, const Request& request) {
  auto batch =
      has_type(request, "application/x-ndjson") ? read_lines(context, request) : read_contract(context, request);
  if (!batch) return std::move(batch).error();
  TJ_TRY(find_known(context, *batch));
  TJ_TRY(store(context, *batch));
  return answer_of(*batch);
}

base::Result<Answer> known(const Context& context, const Request& request) {
  const auto body = read_json(context, request, json::Parser::k_max_depth);
  if (!body) return body.error();
  const auto name = dataset_name((*body->value)["dataset"].string());
  if (!name) return name.error();
  const json::Value& list = (*body->value)["trajectories"];
  if (!list.is_array()) return base::Error(base::ErrorCode::k_usage, "the body has no list of trajectories");
  if (list.size() > context.settings.asked)
    return base::Error(base::ErrorCode::k_too_large,
                       "more than " + std::to_string(context.settings.asked) + " trajectories: ask in smaller parts");
  std::vector<std::pair<std::string, std::string>> asked;
  for (const json::Value& one : list.items())
    asked.emplace_back(one["conversation_id"].string(), one["upload_hash"].string());
  const auto found = context.catalog.known(*name, asked);
  if (!found) return found.error();
  JsonText out = JsonText::array();
  for (std::size_t i = 0; i < found->size(); ++i)
    if (const auto& stored = (*found)[i])
      out.item(JsonText::object()
                   .integer("request_index", static_cast<std::int64_t>(i))
                   .text("trajectory_id", stored->trajectory_id)
                   .text_or_null("trace_id", stored->trace_id)
                   .done());
  Answer answer;
  answer.body = JsonText::object().raw("known", out.done()).done();
  return answer;
}

}  // namespace trajectory::platform::requests
