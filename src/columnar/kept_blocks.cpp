#include "columnar/kept_blocks.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace trajectory::columnar {

KeptBlocks& KeptBlocks::pool() {
  static auto* const blocks = new KeptBlocks;  // buffers of others may be freed as late as the process ends
  return *blocks;
}

arrow::Status KeptBlocks::Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) {
  const std::int64_t block = block_size(size, alignment);
  if (is_kept(size, alignment)) {
    const std::lock_guard lock(mutex_);
    if (auto& blocks = blocks_of(block); !blocks.empty()) {
      *out = blocks.back();
      blocks.pop_back();
      kept_ -= block;
      return arrow::Status::OK();
    }
  }
  return ProxyMemoryPool::Allocate(block, alignment, out);
}

arrow::Status KeptBlocks::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                     std::uint8_t** ptr) {
  if (block_size(old_size, alignment) == block_size(new_size, alignment)) return arrow::Status::OK();
  if (!is_kept(old_size, alignment) && !is_kept(new_size, alignment))
    return ProxyMemoryPool::Reallocate(old_size, new_size, alignment, ptr);
  std::uint8_t* moved = nullptr;
  ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
  std::memcpy(moved, *ptr, static_cast<std::size_t>(std::min(old_size, new_size)));
  Free(std::exchange(*ptr, moved), old_size, alignment);
  return arrow::Status::OK();
}

void KeptBlocks::Free(std::uint8_t* block, std::int64_t size, std::int64_t alignment) {
  const std::int64_t bytes = block_size(size, alignment);
  if (is_kept(size, alignment)) {
    const std::lock_guard lock(mutex_);
    if (kept_ + bytes <= k_kept) {
      blocks_of(bytes).push_back(block);
      kept_ += bytes;
      return;
    }
  }
  ProxyMemoryPool::Free(block, bytes, alignment);
}

void KeptBlocks::ReleaseUnused() {
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t bits = 0; bits < free_.size(); ++bits)
      for (std::uint8_t* block : std::exchange(free_[bits], {}))
        ProxyMemoryPool::Free(block, std::int64_t{1} << (bits - 1), arrow::kDefaultBufferAlignment);
    kept_ = 0;
  }
  ProxyMemoryPool::ReleaseUnused();
}

}  // namespace trajectory::columnar
