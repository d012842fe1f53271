#include "langsmith/read_ahead.h"

#include <algorithm>

namespace trajectory::langsmith {

namespace {

/// What an object store hands out in one answer at a connection's full speed.
constexpr std::uint64_t k_stretch = 16 << 20;
/// Stretches that there is room for: the others are on their way while one is decoded.
constexpr std::uint64_t k_stretches = 4;

}  // namespace

ReadAhead::ReadAhead(std::vector<Item> items, std::uint64_t most_bytes) : items_(std::move(items)), most_(most_bytes) {
  sizes_.reserve(items_.size());
  for (const Item& item : items_) {
    const std::uint64_t bytes = item.file == nullptr ? 0 : item.file->stored_bytes(item.row_group, item.columns);
    sizes_.push_back(bytes > most_ ? 0 : bytes);
  }
}

std::shared_ptr<const columnar::FetchedRowGroups> ReadAhead::take(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (!fetched_.contains(index)) begin(index, stretch_from(index, most_ - std::min(bytes_, most_)));
  begin_next();
  const auto found = fetched_.find(index);
  return found == fetched_.end() ? nullptr : found->second->rows;
}

void ReadAhead::done(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (const auto found = fetched_.find(index); found != fetched_.end()) {
    if (--found->second->unread == 0) bytes_ -= found->second->bytes;
    fetched_.erase(found);
  }
  begin_next();
}

/// An item and those of its file behind it, as far as they come to no more than `most_bytes`.
ReadAhead::Stretch ReadAhead::stretch_from(std::size_t first, std::uint64_t most_bytes) const {
  Stretch stretch{first + 1, sizes_[first], 1, nullptr};
  const std::uint64_t most = std::min({most_bytes, most_ / k_stretches, k_stretch});
  for (std::size_t& i = stretch.end; i < items_.size() && items_[i].file == items_[first].file; ++i) {
    if (sizes_[i] == 0 || stretch.bytes + sizes_[i] > most || fetched_.contains(i)) break;
    stretch.bytes += sizes_[i];
    ++stretch.unread;
  }
  return stretch;
}

void ReadAhead::begin(std::size_t first, Stretch stretch) {
  next_ = std::max(next_, stretch.end);
  if (stretch.bytes == 0) return;
  std::vector<int> row_groups;
  for (std::size_t i = first; i < stretch.end; ++i) row_groups.push_back(items_[i].row_group);
  stretch.rows = items_[first].file->fetch(row_groups, items_[first].columns);
  if (stretch.rows == nullptr) return;
  bytes_ += stretch.bytes;
  const auto shared = std::make_shared<Stretch>(std::move(stretch));
  for (std::size_t i = first; i < shared->end; ++i) fetched_[i] = shared;
}

/// As many as there is room for; one that does not fit is waited for, so that the order is kept.
void ReadAhead::begin_next() {
  while (next_ < items_.size()) {
    Stretch stretch = stretch_from(next_, most_);
    if (bytes_ + stretch.bytes > most_) return;
    begin(next_, std::move(stretch));
  }
}

}  // namespace trajectory::langsmith
