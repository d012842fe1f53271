#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"
#include "platform/catalog/catalog.h"
#include "platform/requests/body.h"
#include "platform/requests/exchange.h"
#include "platform/requests/settings.h"

namespace trajectory::platform::requests {

/// What the answers to requests are made from.
struct Context {
  catalog::Catalog& catalog;
  const Settings& settings;
  LargeBodies& uploads;  ///< places for large bodies
  LargeBodies& reads;    ///< and for large records that are read: readers keep nobody from uploading
  const base::Clock& clock;
};

/// A body that is one JSON object. The value lives as long as the parser, and the place is held as long as this.
struct JsonBody {
  json::Parser parser;
  LargeBodies::Place place;
  const json::Value* value = nullptr;
};

/// Errors: as `read_body`; k_usage (no JSON object, another Content-Type).
[[nodiscard]] base::Result<JsonBody> read_json(const Context& context, const Request& request, int depth);

/// The name of a dataset: up to 200 bytes of UTF-8 without control characters. Errors: k_usage.
[[nodiscard]] base::Result<std::string> dataset_name(std::string_view text);

/// Whether the request's Content-Type is this one, parameters aside.
[[nodiscard]] bool has_type(const Request& request, std::string_view type);

}  // namespace trajectory::platform::requests
