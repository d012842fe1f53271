#include "pipeline/scratch_shards.h"

namespace trajectory::pipeline {

namespace {

constexpr std::size_t k_buffer = 32 << 10;

}  // namespace

base::Status ScratchShards::add(unsigned worker, std::uint64_t hash, std::string_view bytes) {
  const std::size_t shard = hash % k_shards;
  std::string& buffer = buffers_[worker][shard];
  buffer.append(bytes);
  return buffer.size() < k_buffer ? base::Status() : flush(shard, buffer);
}

base::Status ScratchShards::finish() {
  for (Buffers& buffers : buffers_)
    for (std::size_t shard = 0; shard < k_shards; ++shard) TJ_TRY(flush(shard, buffers[shard]));
  buffers_.clear();
  return {};
}

base::Status ScratchShards::flush(std::size_t shard, std::string& buffer) {
  const auto place = file_.append(buffer);
  if (!place) return place.error();
  {
    const std::lock_guard lock(mutex_);
    extents_[shard].emplace_back(*place, buffer.size());
  }
  buffer.clear();
  return {};
}

base::Result<std::string> ScratchShards::read(std::size_t shard) const {
  std::size_t size = 0;
  for (const auto& [place, bytes] : extents_[shard]) size += bytes;
  std::string out(size, '\0');
  std::size_t at = 0;
  for (const auto& [place, bytes] : extents_[shard]) {
    const auto got = file_.read(place, std::span(out).subspan(at, bytes));
    if (!got) return got.error();
    at += bytes;
  }
  return out;
}

}  // namespace trajectory::pipeline
