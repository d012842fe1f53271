#include "columnar/page_memory.h"

#include <semaphore>

namespace trajectory::columnar {

namespace {

std::binary_semaphore& turn_of_large_ones() {
  static std::binary_semaphore turn(1);
  return turn;
}

}  // namespace

PageMemory::~PageMemory() {
  if (alone_) turn_of_large_ones().release();
}

void PageMemory::let_others() {
  if (!alone_ || static_cast<std::uint64_t>(bytes_allocated()) > most_ / 4) return;
  alone_ = false;
  turn_of_large_ones().release();
}

arrow::Status PageMemory::take(std::int64_t more) {
  if (more <= 0) return arrow::Status::OK();
  const std::uint64_t held = static_cast<std::uint64_t>(bytes_allocated()) + static_cast<std::uint64_t>(more);
  if (held > most_) {
    refused_ = true;
    return arrow::Status::OutOfMemory("pages that unpack to too much");
  }
  if (held > most_ / 4 && !alone_) {
    turn_of_large_ones().acquire();
    alone_ = true;
  }
  return arrow::Status::OK();
}

arrow::Status PageMemory::Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) {
  ARROW_RETURN_NOT_OK(take(size));
  return ProxyMemoryPool::Allocate(size, alignment, out);
}

arrow::Status PageMemory::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                     std::uint8_t** ptr) {
  ARROW_RETURN_NOT_OK(take(new_size - old_size));
  const arrow::Status status = ProxyMemoryPool::Reallocate(old_size, new_size, alignment, ptr);
  let_others();
  return status;
}

void PageMemory::Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) {
  ProxyMemoryPool::Free(buffer, size, alignment);
  let_others();
}

}  // namespace trajectory::columnar
