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
  if (bytes.empty()) return bad("the file is empty");
  if (bytes.starts_with("PARE")) return bad("the Parquet file is encrypted: export it without encryption");
  if (bytes.starts_with("PAR1")) return FileKind::k_parquet;
  for (const std::string_view magic : k_compressed)
    if (bytes.starts_with(magic)) return bad("the file is compressed: unpack it first");
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return bad("the file is UTF-16: save it as UTF-8");
  bytes = without_mark(bytes);
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  const std::string_view rest = begin == std::string_view::npos ? std::string_view() : bytes.substr(begin);
  if (rest.starts_with("[")) return FileKind::k_json;
  if (rest.starts_with("{")) {
    // Several objects, one a line, or one document over many lines.
    const std::string_view line = rest.substr(0, rest.find('\n'));
    json::Parser parser;
    if (line.size() == rest.size())
      return elements_of(rest, false).size() == 1 && rest.find("\"runs\"") != std::string_view::npos
                 ? FileKind::k_json
                 : FileKind::k_json_lines;
    if (parser.parse(line, 1)) return FileKind::k_json_lines;
    // The first line may be the broken one; a line of a longer document ends with its punctuation.
    const bool goes_on = std::string_view("{[,").find(line[line.find_last_not_of(" \t\r")]) != std::string_view::npos;
    const std::string_view next = rest.substr(line.size() + 1);
    return !goes_on && next.starts_with("{") && parser.parse(next.substr(0, next.find('\n')), 1)
               ? FileKind::k_json_lines
               : FileKind::k_json;
  }
  return bad("neither Parquet nor JSON: name an export of runs");
}

bool may_be_run(std::string_view json_text) {
  json::Parser parser;
  const auto parsed = parser.parse(json_text, 1);
  if (!parsed) return true;  // broken, and a matter of its row
  for (const json::Member& member : (**parsed).members())
    if (member.key == "id" || member.key == "trace_id") return true;
  return false;
}

}  // namespace trajectory::langsmith
