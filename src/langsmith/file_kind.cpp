#include "langsmith/file_kind.h"

#include <array>

#include "json/value.h"
#include "langsmith/json_elements.h"

namespace trajectory::langsmith {

namespace {

constexpr std::string_view k_mark = "\xEF\xBB\xBF";

/// The first bytes of gzip, Zstandard, ZIP, bzip2, xz.
constexpr auto k_compressed = std::to_array<std::string_view>({"\x1F\x8B", "\x28\xB5\x2F\xFD", "PK\x03\x04", "BZh",
                                                               "\xFD"
                                                               "7zXZ"});

base::Error bad(std::string message) { return {base::ErrorCode::k_bad_format, std::move(message)}; }

}  // namespace

std::string_view without_mark(std::string_view bytes) {
  return bytes.starts_with(k_mark) ? bytes.substr(k_mark.size()) : bytes;
}

base::Result<FileKind> kind_of(std::string_view bytes) {
  if (bytes.empty()) return bad("the file is empty: export it again, or leave it out");
  if (bytes.starts_with("PARE")) return bad("the Parquet file is encrypted: export it without encryption");
  if (bytes.starts_with("PAR1")) return FileKind::k_parquet;
  for (const std::string_view magic : k_compressed)
    if (bytes.starts_with(magic)) return bad("the file is compressed: unpack it first");
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return bad("the file is UTF-16: save it as UTF-8");
  bytes = without_mark(bytes);
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  const std::string_view rest = begin == std::string_view::npos ? std::string_view() : bytes.substr(begin);
  switch (layout_of(rest)) {
    case JsonLayout::k_lines:
      return FileKind::k_json_lines;
    case JsonLayout::k_values:
      return FileKind::k_json;
    case JsonLayout::k_none:
      break;
  }
  return bad("neither Parquet nor JSON: name an export of runs");
}

bool may_hold_runs(std::string_view json_text) {
  json::Parser parser;
  const auto parsed = parser.parse(json_text, 1);
  if (!parsed || !(*parsed)->is_object()) return true;  // a matter of its row
  const json::Value& value = **parsed;
  return value.has("id") || value.has("trace_id") || value["runs"].is_array() || value["items"].is_array();
}

}  // namespace trajectory::langsmith
