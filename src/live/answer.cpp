#include "live/answer.h"

#include "http/url.h"

namespace trajectory::live {

base::Result<Answer> ask_json(const Api& api, const Call& call, int depth) {
  auto response = api.call(call);
  if (!response) return std::move(response).error();
  auto text = std::make_unique<const std::string>(std::move(response->body));
  json::Parser parser;
  const auto value = parser.parse(*text, depth);
  if (!value) return unexpected(call, text->starts_with('<') ? "a web page" : "no JSON");
  const std::string_view deprecation = response->header("deprecation");
  const bool deprecated = !deprecation.empty() && deprecation != "false";
  return Answer(std::move(text), std::move(parser), *value, deprecated);
}

base::Error unexpected(const Call& call, const std::string& what) {
  return base::Error(base::ErrorCode::k_remote, "cannot " + call.what + ": the answer is " + what +
                                                    ": is LANGSMITH_ENDPOINT the address of a LangSmith API?")
      .with(call.path);
}

std::string http_path(const std::string& id) { return http::percent_encoded(id); }

}  // namespace trajectory::live
