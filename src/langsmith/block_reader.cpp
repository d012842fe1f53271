#include "langsmith/block_reader.h"

#include <algorithm>

namespace trajectory::langsmith {

namespace {

/// Levels of pages, arrays and nested runs that are opened one at a time.
constexpr int k_shallow = 8;

}  // namespace

base::Status BlockReader::read(const JsonBlock& block) {
  const std::vector<std::string_view> elements = lines_ ? lines_of(block.text) : block.elements;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].empty()) continue;
    TJ_TRY(elements[i].size() > reading_.control().max_value ? read_large(elements[i], block.first + i)
                                                             : read_text(elements[i], block.first + i));
    if (runs_.size() >= reading_.control().batch.rows) TJ_TRY(hand_on());
  }
  return hand_on();
}

/// The runs of a page or an array that is too large as a whole, one by one.
base::Status BlockReader::read_large(std::string_view text, std::uint64_t row) {
  for (const JsonBlock& block : split_values(text, k_block_bytes))
    for (const std::string_view element : block.elements) {
      if (element.size() <= reading_.control().max_value) {
        TJ_TRY(read_text(element, row));
        continue;
      }
      ++met_;
      reading_.refuse_large({file_, row}, element.size());
    }
  return {};
}

/// One value, or several that stand on one line.
base::Status BlockReader::read_text(std::string_view text, std::uint64_t row) {
  // The payload columns stay raw text; `metadata` of the v2 API is one of them.
  auto parsed = parser_.parse(text, 1);
  const bool broken = !parsed && !json::is_utf8(text);
  if (broken) {
    text = kept_.emplace_back(json::repair_utf8(text));
    parsed = parser_.parse(text, 1);
  }
  const auto tell = [&] {
    if (broken) reading_.warn("invalid_utf8", {file_, row}, "broken bytes were replaced by U+FFFD");
  };
  if (parsed) {
    tell();
    return read_value(**parsed, row);
  }
  const std::vector<std::string_view> values = values_in(text);
  const auto is_scalar = [](std::string_view value) { return value.front() != '{' && value.front() != '['; };
  if (values.size() < 2 || std::any_of(values.begin(), values.end(), is_scalar))
    return refuse(row, parsed.error().message());
  tell();
  for (const std::string_view value : values) {
    parsed = parser_.parse(value, 1);
    TJ_TRY(parsed ? read_value(**parsed, row) : refuse(row, parsed.error().message()));
  }
  return {};
}

/// A run and those nested in it, a page of runs, or an array of these.
base::Status BlockReader::read_value(const json::Value& closed, std::uint64_t row, int depth) {
  // Each opening copies what is inside: whatever lies deep in others is opened whole, once.
  const auto opened = parser_.expand(closed, depth < k_shallow ? 1 : json::Parser::k_max_depth - 1);
  if (!opened) return refuse(row, opened.error().message());
  const json::Value& value = **opened;
  if (depth > json::Parser::k_max_depth) return refuse(row, "runs are nested too deeply");
  if (value.is_array()) return read_items(value, row, depth);
  if (!value.is_object()) return refuse(row, "not an object");
  if (!value.has("id") && !value.has("trace_id"))
    for (const std::string_view key : {"runs", "items"})
      if (value[key].is_array()) return read_value(value[key], row, depth + 1);
  ++met_;
  UnreadableTimes unreadable;
  model::Run run = run_from_json(value, kept_, unreadable);
  run.place = {file_, row};
  if (reading_.check(run)) {
    reading_.warn_of(unreadable, run.place);
    runs_.push_back(run);
  }
  return value["child_runs"].size() > 0 || !value["child_runs"].expanded()
             ? read_value(value["child_runs"], row, depth + 1)
             : base::Status();
}

base::Status BlockReader::read_items(const json::Value& list, std::uint64_t row, int depth) {
  for (const json::Value& item : list.items()) TJ_TRY(read_value(item, row, depth + 1));
  return {};
}

base::Status BlockReader::refuse(std::uint64_t row, std::string detail) {
  ++met_;
  reading_.refuse("invalid_json_row", {file_, row}, std::move(detail));
  return {};
}

base::Status BlockReader::hand_on() {
  TJ_TRY(reading_.hand_on(file_, runs_, met_, worker_));
  met_ = 0;
  runs_.clear();
  kept_.clear();
  parser_.reset();
  return {};
}

}  // namespace trajectory::langsmith
