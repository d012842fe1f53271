#include "langsmith/read_ahead.h"

#include <algorithm>

namespace trajectory::langsmith {

std::shared_ptr<const columnar::FetchedRowGroup> ReadAhead::take(std::size_t index) {
  const std::lock_guard lock(mutex_);
  begin(index);
  next_ = std::max(next_, index + 1);
  begin_next();
  const auto found = fetched_.find(index);
  return found == fetched_.end() ? nullptr : found->second.rows;
}

void ReadAhead::done(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (const auto found = fetched_.find(index); found != fetched_.end()) {
    bytes_ -= found->second.bytes;
    fetched_.erase(found);
  }
  begin_next();
}

std::uint64_t ReadAhead::bytes_of(const Item& item) const {
  return item.file == nullptr ? 0 : item.file->stored_bytes(item.row_group, item.columns);
}

void ReadAhead::begin(std::size_t index) {
  const Item& item = items_[index];
  const std::uint64_t bytes = bytes_of(item);
  if (item.file == nullptr || bytes > most_ || fetched_.contains(index)) return;
  if (auto rows = item.file->fetch(item.row_group, item.columns)) {
    fetched_[index] = {std::move(rows), bytes};
    bytes_ += bytes;
  }
}

/// As many as there is room for; one that does not fit is waited for, so that the order is kept.
void ReadAhead::begin_next() {
  for (; next_ < items_.size(); ++next_) {
    const std::uint64_t bytes = bytes_of(items_[next_]);
    if (bytes <= most_ && bytes_ + bytes > most_) return;
    begin(next_);
  }
}

}  // namespace trajectory::langsmith
