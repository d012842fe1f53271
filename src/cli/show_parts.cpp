#include "cli/show_parts.h"

#include "json/value.h"
#include "pipeline/report.h"

namespace trajectory::cli {

namespace {

/// The first text of one of these names, at any depth of the part.
std::string_view text_at(const json::Value& value, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (value[name].is_string()) return value[name].text();
  for (const json::Member& member : value.members())
    if (const std::string_view found = text_at(member.value, names); !found.empty()) return found;
  return {};
}

/// What stands in place of inline data: an object with its hash and size.
const json::Value* data_of(const json::Value& value) {
  if (value["sha256"].is_string() && value["bytes"].is_number()) return &value;
  for (const json::Member& member : value.members())
    if (const json::Value* found = data_of(member.value); found != nullptr) return found;
  return nullptr;
}

std::string shown(const json::Value& part) {
  const json::Value* data = data_of(part);
  if (data == nullptr) return "[part] " + std::string(part.raw());
  std::string out = "[" + std::string(part["type"].string().empty() ? "media" : part["type"].string());
  if (const auto type = text_at(part, {"media_type", "mimeType", "mime_type", "mediaType"}); !type.empty())
    out.append(" ").append(type);
  out.append(" ").append(pipeline::human_bytes(static_cast<std::uint64_t>((*data)["bytes"].integer())));
  return out.append(" sha256:").append((*data)["sha256"].text().substr(0, 8)).append("]");
}

}  // namespace

std::vector<std::string> shown_parts(std::string_view parts) {
  json::Parser parser;
  const auto parsed = parser.parse(parts);
  if (!parsed || !(*parsed)->is_array()) return {"[parts] " + std::string(parts)};
  std::vector<std::string> out;
  for (const json::Value& part : (*parsed)->items())
    if (part["type"].string() != "text" || !part["text"].is_string()) out.push_back(shown(part));
  return out;
}

}  // namespace trajectory::cli
