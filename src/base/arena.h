#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace trajectory::base {

/// Bump allocator: hands out memory that stays put until `reset()` or destruction. Not thread-safe.
/// Objects put in it are never destroyed: only trivially destructible ones belong here.
class Arena {
 public:
  [[nodiscard]] char* allocate(std::size_t size, std::size_t alignment = 1) {
    std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (current_ == nullptr || at + size > capacity_) {
      next_block(size + alignment);
      at = 0;
    }
    used_ = at + size;
    return current_ + at;
  }

  /// Gives back the unused tail of the latest allocation: it now ends at `end`.
  void shrink(const char* end) { used_ = static_cast<std::size_t>(end - current_); }

  template <class T>
  [[nodiscard]] T* allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  /// Frees everything handed out; keeps up to `k_kept` bytes of memory for the next use.
  void reset() {
    std::size_t kept = 0;
    std::erase_if(blocks_, [&](const Block& block) {
      if (kept + block.size > k_kept) return true;
      kept += block.size;
      return false;
    });
    next_ = 0;
    current_ = nullptr;
    used_ = capacity_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  static constexpr std::size_t k_first_block = 1 << 10;  ///< each block is twice the one before, up to the largest
  static constexpr std::size_t k_largest_block = 64 << 10;
  static constexpr std::size_t k_kept = 8 << 20;

  void next_block(std::size_t size) {
    while (next_ < blocks_.size() && blocks_[next_].size < size) ++next_;
    if (next_ == blocks_.size()) {
      const std::size_t bytes =
          std::max(size, blocks_.empty() ? k_first_block : std::min(2 * blocks_.back().size, k_largest_block));
      blocks_.push_back({std::unique_ptr<char[]>(new char[bytes]), bytes});
    }
    current_ = blocks_[next_].data.get();
    capacity_ = blocks_[next_].size;
    used_ = 0;
    ++next_;
  }

  std::vector<Block> blocks_;
  std::size_t next_ = 0;
  char* current_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace trajectory::base
