#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace trajectory::base {

/// A list that only grows and whose elements stay where they are. One thread at a time may add; an element may be read
/// by every thread that learned its index after it was added (through a lock, or because the adding thread ended).
template <class T>
class StableList {
 public:
  StableList() = default;
  ~StableList() {
    for (std::size_t i = 0; i < size_; ++i) std::destroy_at(&(*this)[i]);
    for (std::size_t block = 0; block < k_blocks && blocks_[block] != nullptr; ++block)
      std::allocator<T>().deallocate(blocks_[block], k_first << block);
  }
  StableList(const StableList&) = delete;
  StableList& operator=(const StableList&) = delete;

  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    const auto [block, offset] = place_of(size_);
    if (offset == 0) blocks_[block] = std::allocator<T>().allocate(k_first << block);
    T* added = std::construct_at(blocks_[block].load(std::memory_order_relaxed) + offset,
                                 std::forward<Arguments>(arguments)...);
    ++size_;
    return *added;
  }

  [[nodiscard]] T& operator[](std::size_t index) {
    const auto [block, offset] = place_of(index);
    return blocks_[block].load(std::memory_order_relaxed)[offset];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    const auto [block, offset] = place_of(index);
    return blocks_[block].load(std::memory_order_relaxed)[offset];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t k_first = 16;  ///< elements of the first block; each block holds twice the one before
  static constexpr std::size_t k_blocks = 40;

  static std::pair<std::size_t, std::size_t> place_of(std::size_t index) {
    const std::size_t from_one = index / k_first + 1;
    const auto block = static_cast<std::size_t>(std::bit_width(from_one)) - 1;
    return {block, index - k_first * ((std::size_t{1} << block) - 1)};
  }

  std::array<std::atomic<T*>, k_blocks> blocks_{};
  std::size_t size_ = 0;
};

}  // namespace trajectory::base
