#include "langsmith/json_elements.h"

#include <algorithm>

namespace trajectory::langsmith {

namespace {

constexpr std::string_view k_space = " \t\r\n";
constexpr std::string_view k_between = ", \t\r\n";  // elements of an array

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(k_space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_space) - begin + 1);
}

/// Finds where the value that begins at `at` ends: behind its closing bracket, seen with strings and escapes.
std::size_t value_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    }
  }
  return text.size();
}

/// Where the element of an array that begins at `at` ends.
std::size_t element_end(std::string_view array, std::size_t at) {
  return array[at] == '{' || array[at] == '[' ? value_end(array, at) : std::min(array.find(',', at), array.size());
}

/// The inside of the first array among the members of an object.
std::string_view array_in_object(std::string_view object) {
  bool is_value = false;
  for (std::size_t i = 1; i < object.size(); ++i) {
    const char c = object[i];
    if (c == ':') {
      is_value = true;
    } else if (c == ',') {
      is_value = false;
    } else if (c == '"') {
      for (++i; i < object.size() && object[i] != '"'; ++i)
        if (object[i] == '\\') ++i;
    } else if (c == '[' && is_value) {
      const std::size_t end = value_end(object, i);
      return trimmed(object.substr(i + 1, end - i - 2));
    } else if (c == '{') {
      i = value_end(object, i) - 1;
    }
  }
  return {};
}

}  // namespace

std::vector<JsonBlock> split_lines(std::string_view text, std::size_t block_bytes) {
  std::vector<JsonBlock> out;
  std::uint64_t line = 0;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (text.size() > block_bytes) {
      const std::size_t newline = text.find('\n', block_bytes);
      if (newline != std::string_view::npos) end = newline + 1;
    }
    const std::string_view block = text.substr(0, end);
    out.push_back({block, line});
    line += static_cast<std::uint64_t>(std::count(block.begin(), block.end(), '\n'));
    text.remove_prefix(end);
  }
  return out;
}

std::vector<JsonBlock> split_array(std::string_view text, std::size_t block_bytes) {
  text = trimmed(text);
  if (text.empty()) return {};
  std::string_view inside;
  if (text.front() == '[') {
    inside = trimmed(text.substr(1, text.back() == ']' ? text.size() - 2 : text.size() - 1));
  } else if (text.front() == '{') {
    // A run is an object with arrays of its own: what tells a run is its trace.
    const std::string_view list =
        text.find("\"trace_id\"") < text.find('[') ? std::string_view() : array_in_object(text);
    inside = !list.empty() && list.front() == '{' ? list : text;
  } else {
    return {};
  }
  std::vector<JsonBlock> out;
  std::size_t begin = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  for (std::size_t at = inside.find_first_not_of(k_space); at < inside.size();
       at = inside.find_first_not_of(k_between, at)) {
    const std::size_t end = element_end(inside, at);
    ++count;
    at = end;
    if (end - begin >= block_bytes) {
      out.push_back({inside.substr(begin, end - begin), first});
      begin = end;
      first = count;
    }
  }
  if (count > first) out.push_back({inside.substr(begin), first});
  return out;
}

std::vector<std::string_view> elements_of(std::string_view block, bool lines) {
  std::vector<std::string_view> out;
  if (lines) {
    while (!block.empty()) {
      const std::size_t newline = std::min(block.find('\n'), block.size());
      out.push_back(trimmed(block.substr(0, newline)));  // blank lines stay, so that the count leads to the line
      block.remove_prefix(std::min(newline + 1, block.size()));
    }
    return out;
  }
  for (std::size_t at = block.find_first_not_of(k_between); at < block.size();
       at = block.find_first_not_of(k_between, at)) {
    const std::size_t end = element_end(block, at);
    out.push_back(block.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace trajectory::langsmith
