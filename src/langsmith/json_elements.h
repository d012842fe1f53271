#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace trajectory::langsmith {

/// A stretch of a JSON file to be read by one worker: lines, or values that stand inside arrays and pages.
struct JsonBlock {
  std::string_view text;                   ///< of JSON lines
  std::vector<std::string_view> elements;  ///< of other JSON: values, each a run, or a page or array of a few
  std::uint64_t first = 0;                 ///< number of the first element (JSON lines: of the first line), from 0
};

/// How a JSON text is laid out. Either way it is a sequence of values, each a run, a page of runs or an array of these.
enum class JsonLayout : std::uint8_t {
  k_none,    ///< no JSON of runs
  k_lines,   ///< values end at line ends, so that a broken line costs itself alone
  k_values,  ///< values run over many lines, or all stand on one
};

/// Tells the layout by the first value, and where that one is broken, by the lines that follow.
[[nodiscard]] JsonLayout layout_of(std::string_view text);

/// Cuts JSON lines into blocks of about `block_bytes`, at the beginnings of lines that begin with a bracket.
[[nodiscard]] std::vector<JsonBlock> split_lines(std::string_view text, std::size_t block_bytes);

/// Cuts a sequence of values into blocks of about `block_bytes`. Arrays and pages (`{"runs": [...]}`, `{"items": ...}`)
/// are opened at any depth; what is no array, page or object is an element of its own.
[[nodiscard]] std::vector<JsonBlock> split_values(std::string_view text, std::size_t block_bytes);

/// The lines of a block without the white space around them. A value that runs over several lines is one element; the
/// lines it covers, and blank ones, are empty elements, so that the count leads to the line.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view block);

/// The values that stand behind one another in a text, without what separates them.
[[nodiscard]] std::vector<std::string_view> values_in(std::string_view text);

}  // namespace trajectory::langsmith
