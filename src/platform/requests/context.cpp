#include "platform/requests/context.h"

#include <algorithm>

#include "base/text.h"

namespace trajectory::platform::requests {

bool has_type(const Request& request, std::string_view type) {
  std::string_view given = request.header("content-type");
  given = given.substr(0, given.find(';'));
  while (!given.empty() && given.back() == ' ') given.remove_suffix(1);
  return base::lower_ascii(given) == type;
}

base::Result<JsonBody> read_json(const Context& context, const Request& request, int depth) {
  if (!has_type(request, "application/json"))
    return base::Error(base::ErrorCode::k_usage, "send the body with Content-Type: application/json");
  auto body = read_body(request, context.settings, context.uploads);
  if (!body) return std::move(body).error();
  JsonBody out;
  out.parser.limit(context.settings.values);
  out.place = std::move(body->place);
  auto parsed = out.parser.parse(body->text, depth);
  if (!parsed) return fault_of_client(std::move(parsed).error().with("the body"));
  if (!(*parsed)->is_object()) return base::Error(base::ErrorCode::k_usage, "the body is no JSON object");
  out.value = *parsed;
  return out;
}

base::Result<std::string> dataset_name(std::string_view text) {
  constexpr std::size_t k_longest = 200;
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > k_longest || control || !json::is_utf8(text))
    return base::Error(base::ErrorCode::k_usage,
                       "name a dataset: 1 to 200 bytes of UTF-8 text without control characters");
  return std::string(text);
}

}  // namespace trajectory::platform::requests
