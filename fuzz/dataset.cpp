// The reader of datasets: any text is a record of JSON lines, or the values of a dataset's row.
//
// A text that begins with a line `row` is the latter: a value a line, `~` where there is none, numbers of lists before
// their items, the details last.

#include <charconv>

#include "fuzz/check_record.h"
#include "record/dataset_row.h"

namespace {

using namespace trajectory;

/// Hands out lines as the values of a row.
class LineRow final : public columnar::RowReader {
 public:
  explicit LineRow(std::string_view lines) : rest_(lines) {}

  std::optional<std::string_view> text() override {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line == "~" ? std::nullopt : std::optional(line);
  }
  std::optional<std::int64_t> integer() override {
    const auto line = text();
    if (!line) return std::nullopt;
    std::int64_t out = 0;
    std::from_chars(line->data(), line->data() + line->size(), out);
    return out;
  }
  std::optional<double> real() override {
    const auto whole = integer();
    return whole ? std::optional(static_cast<double>(*whole) / 7) : std::nullopt;
  }
  std::optional<std::int64_t> time() override { return integer(); }
  std::size_t begin_list() override { return static_cast<std::size_t>(integer().value_or(0)) % 16; }
  void end_list() override {}
  void begin_struct() override {}
  void end_struct() override {}

 private:
  std::string_view rest_;
};

void read_json(std::string_view text) {
  json::Parser parser;
  const auto parsed = parser.parse(text, json::Parser::k_record_depth);
  if (!parsed) return;
  const auto trajectory = record::read_record(**parsed);
  if (trajectory) fuzz::check_record(*trajectory);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!text.starts_with("row\n")) {
    read_json(text);
    return 0;
  }
  text.remove_prefix(4);
  LineRow row(text);
  if (const auto trajectory = record::read_row(row)) fuzz::check_record(*trajectory);
  return 0;
}
