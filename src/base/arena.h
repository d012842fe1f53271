#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace trajectory::base {

/// Bump allocator: hands out memory that stays put until `reset()` or destruction. Not thread-safe.
/// Objects put in it are never destroyed: only trivially destructible ones belong here.
class Arena {
 public:
  [[nodiscard]] char* allocate(std::size_t size, std::size_t alignment = 1) {
    std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (current_ == nullptr || at + size > capacity_) {
      if (size > k_largest_block) return block_of((size + k_step - 1) / k_step * k_step).data.get();
      const Block& block = block_of(std::max(size, std::clamp(2 * capacity_, k_first_block, k_largest_block)));
      current_ = block.data.get();
      capacity_ = block.size;
      at = 0;
    }
    used_ = at + size;
    return current_ + at;
  }

  /// Gives back the unused tail of the latest allocation, if it is a small one: it now ends at `end`.
  void shrink(const char* end) {
    if (current_ <= end && end <= current_ + used_) used_ = static_cast<std::size_t>(end - current_);
  }

  template <class T>
  [[nodiscard]] T* allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  /// Bytes of its blocks.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Block& block : blocks_) sum += block.size;
    return sum;
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
  static constexpr std::size_t k_step = 16 << 10;  ///< what is larger has a block of its own, rounded up to such steps
  static constexpr std::size_t k_kept = 8 << 20;

  /// The next block, of at least that size: one from before a reset, or a new one. Memory from `new` suits every type.
  const Block& block_of(std::size_t size) {
    const auto unused = blocks_.begin() + static_cast<std::ptrdiff_t>(next_);
    auto fit = std::find_if(unused, blocks_.end(), [&](const Block& block) { return block.size >= size; });
    if (fit == blocks_.end()) {
      blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
      fit = std::prev(blocks_.end());
    }
    std::swap(blocks_[next_], *fit);
    return blocks_[next_++];
  }

  std::vector<Block> blocks_;
  std::size_t next_ = 0;
  char* current_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace trajectory::base
