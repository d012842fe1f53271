#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/scratch_file.h"

namespace trajectory::pipeline {

/// Bytes that several workers sort into parts by a hash, in a scratch file: a part at a time is read back, so that a
/// sixty-fourth of them is in memory. The file must live as long.
class ScratchParts {
 public:
  static constexpr std::size_t k_parts = 64;

  ScratchParts(base::ScratchFile& file, unsigned workers) : file_(file), buffers_(workers) {}

  /// Adds bytes, which stay together, to the part of that hash. A worker is one thread at a time. Errors: k_io.
  [[nodiscard]] base::Status add(unsigned worker, std::uint64_t hash, std::string_view bytes);
  /// To be called behind the last `add`. Errors: k_io.
  [[nodiscard]] base::Status finish();
  /// All that was added to a part, in no particular order. Errors: k_io.
  [[nodiscard]] base::Result<std::string> read(std::size_t part) const;

 private:
  using Buffers = std::array<std::string, k_parts>;
  [[nodiscard]] base::Status flush(std::size_t part, std::string& buffer);

  base::ScratchFile& file_;
  std::vector<Buffers> buffers_;  ///< by worker
  std::mutex mutex_;
  std::array<std::vector<std::pair<std::uint64_t, std::size_t>>, k_parts> stretches_;  ///< places and sizes, by part
};

}  // namespace trajectory::pipeline
