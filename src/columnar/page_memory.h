#pragma once

#include <cstdint>

#include <arrow/memory_pool.h>

#include "columnar/kept_blocks.h"

namespace trajectory::columnar {

/// What the pages of one row group unpack into. A page is unpacked as a whole, and its header may say any size; a
/// dictionary is held twice. More than `limit` is refused; of row groups that need a quarter of it one in the process
/// is read at a time, and the others wait until it has given its memory back. For one thread at a time.
class PageMemory final : public arrow::ProxyMemoryPool {
 public:
  PageMemory() : ProxyMemoryPool(&KeptBlocks::pool()) {}
  ~PageMemory() override;

  /// Bytes that may be held at once. There is no limit before.
  void limit(std::uint64_t most) { most_ = most; }
  [[nodiscard]] std::uint64_t most() const { return most_; }
  /// Whether more was asked for.
  [[nodiscard]] bool refused() const { return refused_; }

  using ProxyMemoryPool::Allocate;
  using ProxyMemoryPool::Free;
  using ProxyMemoryPool::Reallocate;
  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override;
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** ptr) override;
  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override;

 private:
  arrow::Status take(std::int64_t more);
  void let_others();

  std::uint64_t most_ = UINT64_MAX;
  bool refused_ = false;
  bool alone_ = false;
};

}  // namespace trajectory::columnar
