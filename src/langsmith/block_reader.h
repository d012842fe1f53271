#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "langsmith/json_elements.h"
#include "langsmith/reading.h"

namespace trajectory::langsmith {

/// Bytes of the stretches that JSON is cut into.
inline constexpr std::size_t k_block_bytes = 4 << 20;

/// Reads the values of a block of JSON and hands their runs on in batches. For one thread.
class BlockReader {
 public:
  /// `file` is its number; `lines`: it is one of JSON lines.
  BlockReader(Reading& reading, std::uint32_t file, bool lines, unsigned worker)
      : reading_(reading), file_(file), lines_(lines), worker_(worker) {}

  /// Errors: those of `Reading::hand_on`.
  [[nodiscard]] base::Status read(const JsonBlock& block);

 private:
  base::Status read_large(std::string_view text, std::uint64_t row);
  base::Status read_text(std::string_view text, std::uint64_t row);
  base::Status read_value(const json::Value& closed, std::uint64_t row, int depth = 0);
  base::Status read_items(const json::Value& list, std::uint64_t row, int depth);
  base::Status refuse(std::uint64_t row, std::string detail);
  base::Status hand_on();

  Reading& reading_;
  std::uint32_t file_;
  bool lines_;
  unsigned worker_;
  json::Parser parser_;
  std::deque<std::string> kept_;
  std::vector<model::Run> runs_;
  std::uint64_t met_ = 0;  ///< runs and refused values since the last batch
};

}  // namespace trajectory::langsmith
