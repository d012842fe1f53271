#include "http/error_text.h"

#include "json/value.h"

namespace trajectory::http {

namespace {

constexpr std::size_t k_longest_text = 400;

/// What a problem answer says: `detail` (text, or a list of places and messages), `error`, `title`, else the body.
/// Shapes: https://docs.langchain.com/langsmith/smith-api and RFC 7807
std::string texts_in(const std::string& body) {
  json::Parser parser;
  const auto parsed = parser.parse(body);
  if (!parsed || !(*parsed)->is_object()) return body.starts_with('<') ? std::string() : body;
  const json::Value& value = **parsed;
  std::string out;
  for (const json::Value& item : value["detail"].items()) {
    if (!out.empty()) out += "; ";
    std::string place;
    for (const json::Value& step : item["loc"].items())
      if (step.text() != "body") place.append(place.empty() ? "" : ".").append(step.text());
    out.append(place).append(place.empty() ? "" : ": ").append(item["msg"].string());
  }
  for (const std::string_view key : {"detail", "error", "message", "title"})
    if (out.empty()) out = value[key].string();
  if (!value["remedy"].string().empty()) out.append(" (").append(value["remedy"].string()).append(")");
  return out.empty() ? body : out;
}

}  // namespace

std::string one_line(std::string text, const base::Secret& key) {
  if (!key.empty())
    for (std::size_t at = text.find(key.reveal()); at != std::string::npos; at = text.find(key.reveal()))
      text.replace(at, key.reveal().size(), "(the key)");
  std::string out;
  for (const char c : json::repair_utf8(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) out.push_back(c);
    else if (!out.empty() && out.back() != ' ') out.push_back(' ');
  }
  if (out.size() > k_longest_text) {
    out.resize(k_longest_text);
    while (!out.empty() && !json::is_utf8(out)) out.pop_back();
    out += "...";
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string error_text(const Response& answer, const base::Secret& key) { return one_line(texts_in(answer.body), key); }

}  // namespace trajectory::http
