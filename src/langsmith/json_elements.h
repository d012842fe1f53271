#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace trajectory::langsmith {

/// A stretch of a JSON file that holds whole elements, to be read by one worker.
struct JsonBlock {
  std::string_view text;
  std::uint64_t first = 0;  ///< number of its first element (JSON lines: of its first line), from 0
};

/// Cuts JSON lines into blocks of about `block_bytes`, at line ends.
[[nodiscard]] std::vector<JsonBlock> split_lines(std::string_view text, std::size_t block_bytes);

/// Cuts an array of runs into blocks of about `block_bytes`, between elements. Takes `[...]`, `{"runs": [...]}` (any
/// key whose value is an array of objects) and a single run. Empty when the text has no such shape.
[[nodiscard]] std::vector<JsonBlock> split_array(std::string_view text, std::size_t block_bytes);

/// The elements of a block: lines, or the objects between an array's commas.
[[nodiscard]] std::vector<std::string_view> elements_of(std::string_view block, bool lines);

}  // namespace trajectory::langsmith
