#include "pipeline/scratch_parts.h"

namespace trajectory::pipeline {

namespace {

constexpr std::size_t k_buffer = 32 << 10;

}  // namespace

base::Status ScratchParts::add(unsigned worker, std::uint64_t hash, std::string_view bytes) {
  const std::size_t part = hash % k_parts;
  std::string& buffer = buffers_[worker][part];
  buffer.append(bytes);
  return buffer.size() < k_buffer ? base::Status() : flush(part, buffer);
}

base::Status ScratchParts::finish() {
  for (Buffers& buffers : buffers_)
    for (std::size_t part = 0; part < k_parts; ++part) TJ_TRY(flush(part, buffers[part]));
  buffers_.clear();
  return {};
}

base::Status ScratchParts::flush(std::size_t part, std::string& buffer) {
  const auto place = file_.append(buffer);
  if (!place) return place.error();
  {
    const std::lock_guard lock(mutex_);
    stretches_[part].emplace_back(*place, buffer.size());
  }
  buffer.clear();
  return {};
}

base::Result<std::string> ScratchParts::read(std::size_t part) const {
  std::size_t size = 0;
  for (const auto& [place, bytes] : stretches_[part]) size += bytes;
  std::string out(size, '\0');
  std::size_t at = 0;
  for (const auto& [place, bytes] : stretches_[part]) {
    const auto got = file_.read(place, std::span(out).subspan(at, bytes));
    if (!got) return got.error();
    at += bytes;
  }
  return out;
}

}  // namespace trajectory::pipeline
