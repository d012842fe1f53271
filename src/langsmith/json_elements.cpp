#include "langsmith/json_elements.h"

#include <algorithm>

#include "json/value.h"

namespace trajectory::langsmith {

namespace {

constexpr std::string_view k_space = " \t\r\n";
constexpr std::string_view k_between = ", \t\r\n";  // elements of an array
constexpr std::size_t k_nowhere = std::string_view::npos;

/// Lines that are looked at to tell JSON lines from a broken document.
constexpr std::size_t k_lines_to_try = 100;

/// Values over several lines that may be cut off before a block is taken line by line: each is sought to the block's
/// end.
constexpr int k_most_cut_off = 100;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(k_space);
  if (begin == k_nowhere) return {};
  return text.substr(begin, text.find_last_not_of(k_space) - begin + 1);
}

bool is_container(char c) { return c == '{' || c == '['; }

/// Where the string that begins at `at` ends: behind its quote. Nowhere when it holds a line feed, which JSON does not
/// allow: it was cut off there.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\n') return k_nowhere;
    if (text[i] == '\\') ++i;
  }
  return k_nowhere;
}

/// Where the value that begins at `at` ends. Nowhere when it is cut off.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"') return string_end(text, at);
  if (!is_container(text[at])) return std::min(text.find_first_of(",]} \t\r\n", at + 1), text.size());
  int depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const std::size_t end = string_end(text, i);
      if (end == k_nowhere) return k_nowhere;
      i = end - 1;
    } else if (is_container(c)) {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    }
  }
  return k_nowhere;
}

/// A container's text without its brackets; to the end where it is cut off.
std::string_view inside_of(std::string_view container) {
  const std::size_t end = value_end(container, 0);
  return container.substr(1, end == k_nowhere ? k_nowhere : end - 2);
}

/// The array of a page: an object with `runs` or `items`, and without what makes it a run. Empty when it is none.
std::string_view array_of_page(std::string_view object) {
  std::string_view array;
  const std::string_view inside = inside_of(object);
  for (std::size_t at = inside.find_first_not_of(k_between); at < inside.size();
       at = inside.find_first_not_of(k_between, at)) {
    const std::size_t key_end = inside[at] == '"' ? string_end(inside, at) : k_nowhere;
    if (key_end == k_nowhere) break;
    const std::string_view key = inside.substr(at + 1, key_end - at - 2);
    if (key == "id" || key == "trace_id") return {};
    const std::size_t value = inside.find_first_not_of(": \t\r\n", key_end);
    if (value == k_nowhere) break;
    const std::size_t end = value_end(inside, value);
    if ((key == "runs" || key == "items") && inside[value] == '[')
      array = inside.substr(value, end == k_nowhere ? k_nowhere : end - value);
    if (end == k_nowhere) break;
    at = end;
  }
  return array;
}

/// Collects the elements of values, however deep in arrays and pages.
class Splitter {
 public:
  explicit Splitter(std::size_t block_bytes) : block_bytes_(block_bytes) {}

  void values(std::string_view text, int depth) {
    for (std::size_t at = text.find_first_not_of(k_between); at < text.size();
         at = text.find_first_not_of(k_between, at)) {
      const std::size_t end = std::max(std::min(value_end(text, at), text.size()), at + 1);
      value(text.substr(at, end - at), depth);
      at = end;
    }
  }

  std::vector<JsonBlock> finish() {
    if (!block_.elements.empty()) close();
    return std::move(blocks_);
  }

 private:
  void value(std::string_view text, int depth) {
    if (depth > 0 && text.front() == '[') return values(inside_of(text), depth - 1);
    const std::string_view page = depth > 0 && text.front() == '{' ? array_of_page(text) : std::string_view();
    if (!page.empty()) return values(inside_of(page), depth - 1);
    block_.elements.push_back(text);
    bytes_ += text.size();
    if (bytes_ >= block_bytes_) close();
  }

  void close() {
    const std::uint64_t next = block_.first + block_.elements.size();
    blocks_.push_back(std::move(block_));
    block_ = {};
    block_.first = next;
    bytes_ = 0;
  }

  std::size_t block_bytes_;
  std::size_t bytes_ = 0;
  JsonBlock block_;
  std::vector<JsonBlock> blocks_;
};

/// Whether one of the first lines is a whole object or array.
bool has_whole_line(std::string_view text) {
  json::Parser parser;
  for (std::size_t tried = 0; tried < k_lines_to_try && !text.empty(); ++tried) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, newline));
    if (!line.empty() && is_container(line.front()) && value_end(line, 0) == line.size() && parser.parse(line, 1))
      return true;
    parser.reset();
    text.remove_prefix(std::min(newline + 1, text.size()));
  }
  return false;
}

}  // namespace

JsonLayout layout_of(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return JsonLayout::k_none;
  if (!is_container(text.front())) return has_whole_line(text) ? JsonLayout::k_lines : JsonLayout::k_none;
  const std::size_t end = value_end(text, 0);
  if (end == k_nowhere) return has_whole_line(text) ? JsonLayout::k_lines : JsonLayout::k_values;
  const std::size_t newline = text.find('\n');
  return newline != k_nowhere && end <= newline ? JsonLayout::k_lines : JsonLayout::k_values;
}

std::vector<JsonBlock> split_lines(std::string_view text, std::size_t block_bytes) {
  std::vector<JsonBlock> out;
  std::uint64_t line = 0;
  while (!text.empty()) {
    std::size_t end = text.size();
    // A value may run over several lines: what is inside one begins with white space, a quote or a closing bracket.
    for (std::size_t at = block_bytes; at < text.size(); ++at) {
      at = text.find('\n', at);
      if (at == k_nowhere) break;
      if (at + 1 < text.size() && is_container(text[at + 1])) {
        end = at + 1;
        break;
      }
    }
    const std::string_view block = text.substr(0, end);
    out.push_back({block, {}, line});
    line += static_cast<std::uint64_t>(std::count(block.begin(), block.end(), '\n'));
    text.remove_prefix(end);
  }
  return out;
}

std::vector<JsonBlock> split_values(std::string_view text, std::size_t block_bytes) {
  constexpr int k_deepest = 100;  // what is deeper is opened by the reader of the element
  Splitter splitter(block_bytes);
  splitter.values(text, k_deepest);
  return splitter.finish();
}

std::vector<std::string_view> lines_of(std::string_view block) {
  std::vector<std::string_view> out;
  int cut_off = 0;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t newline = std::min(block.find('\n', at), block.size());
    const std::size_t begin = std::min(block.find_first_not_of(k_space, at), newline);
    std::size_t end = newline;
    // A line that opens a value and holds nothing else of it: the value goes on.
    const std::string_view line = trimmed(block.substr(begin, newline - begin));
    const bool opens = line == "{" || line == "[" || (line.starts_with('{') && line.ends_with('['));
    if (opens && cut_off < k_most_cut_off) {
      const std::size_t close = value_end(block, begin);
      cut_off += close == k_nowhere ? 1 : 0;
      if (close != k_nowhere && close > newline) end = std::min(block.find('\n', close), block.size());
    }
    const std::string_view element = block.substr(begin, end - begin);
    out.push_back(trimmed(element));
    out.resize(out.size() + static_cast<std::size_t>(std::count(element.begin(), element.end(), '\n')));
    at = end + 1;
  }
  return out;
}

std::vector<std::string_view> values_in(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = text.find_first_not_of(k_space); at < text.size(); at = text.find_first_not_of(k_space, at)) {
    const std::size_t end = std::max(std::min(value_end(text, at), text.size()), at + 1);
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace trajectory::langsmith
