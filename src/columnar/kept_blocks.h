#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <arrow/memory_pool.h>

#include "base/sanitizer.h"

namespace trajectory::columnar {

/// Memory for pages that are read and batches that are written: what is freed is kept for the next one, up to 32 MB in
/// the process. The pool below would give it back to the system after a moment, and clearing it anew took a twentieth
/// of an import. Thread-safe.
class KeptBlocks final : public arrow::ProxyMemoryPool {
 public:
  /// The one pool of the process.
  static KeptBlocks& pool();

  using ProxyMemoryPool::Allocate;
  using ProxyMemoryPool::Free;
  using ProxyMemoryPool::Reallocate;
  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override;
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** ptr) override;
  void Free(std::uint8_t* block, std::int64_t size, std::int64_t alignment) override;
  /// Gives back what is kept.
  void ReleaseUnused() override;

 private:
  static constexpr std::int64_t k_smallest = 64 << 10;
  static constexpr std::int64_t k_largest = 16 << 20;
  static constexpr std::int64_t k_kept = 32 << 20;

  KeptBlocks() : ProxyMemoryPool(arrow::default_memory_pool()) {}

  /// Blocks come in powers of two, so that one fits what comes next, too; the others' memory is the pool's below.
  [[nodiscard]] static bool is_kept(std::int64_t size, std::int64_t alignment) {
    return !base::k_address_sanitizer && size > k_smallest && size <= k_largest &&
           alignment == arrow::kDefaultBufferAlignment;
  }
  [[nodiscard]] static std::int64_t block_size(std::int64_t size, std::int64_t alignment) {
    return is_kept(size, alignment) ? static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(size))) : size;
  }
  [[nodiscard]] std::vector<std::uint8_t*>& blocks_of(std::int64_t block) {
    return free_[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(block)))];
  }

  std::mutex mutex_;
  std::array<std::vector<std::uint8_t*>, 64> free_;  ///< by the bits of their size
  std::int64_t kept_ = 0;                            ///< bytes of these
};

}  // namespace trajectory::columnar
