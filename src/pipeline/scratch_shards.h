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

/// Bytes that several workers sort into shards by a hash, in a scratch file, and that are read back a shard at a time:
/// where hashes are spread, a sixty-fourth of them. The file must live as long.
class ScratchShards {
 public:
  static constexpr std::size_t k_shards = 64;

  ScratchShards(base::ScratchFile& file, unsigned workers) : file_(file), buffers_(workers) {}

  /// Adds bytes, which stay together, to the shard of that hash. A worker is one thread at a time. Errors: k_io.
  [[nodiscard]] base::Status add(unsigned worker, std::uint64_t hash, std::string_view bytes);
  /// To be called behind the last `add`. Errors: k_io.
  [[nodiscard]] base::Status finish();
  /// All that was added to a shard, in no particular order. Errors: k_io.
  [[nodiscard]] base::Result<std::string> read(std::size_t shard) const;

 private:
  using Buffers = std::array<std::string, k_shards>;
  [[nodiscard]] base::Status flush(std::size_t shard, std::string& buffer);

  base::ScratchFile& file_;
  std::vector<Buffers> buffers_;  ///< by worker
  std::mutex mutex_;
  std::array<std::vector<std::pair<std::uint64_t, std::size_t>>, k_shards> extents_;  ///< places and sizes, by shard
};

}  // namespace trajectory::pipeline
