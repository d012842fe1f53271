#include "columnar/range_input.h"

#include <algorithm>
#include <cstring>

#include <arrow/buffer.h>
#include <arrow/util/thread_pool.h>

namespace trajectory::columnar {

namespace {

/// What one request brings: object stores answer a request of this size as fast as their connection is.
constexpr std::int64_t k_part = 16 << 20;

}  // namespace

std::optional<base::Error> RangeInput::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::int64_t RangeInput::available(std::int64_t position, std::int64_t bytes) const {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(file_->size()) - position, 0, bytes);
}

arrow::Status RangeInput::read_from_file(std::int64_t position, std::int64_t bytes, void* out) {
  base::Status status =
      file_->read(static_cast<std::uint64_t>(position), {static_cast<char*>(out), static_cast<std::size_t>(bytes)});
  if (status.ok()) return {};
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(status).error();
  return arrow::Status::IOError("the file cannot be read");
}

const RangeInput::Fetched* RangeInput::fetched(std::int64_t position, std::int64_t bytes) const {
  const auto found = std::ranges::find_if(
      fetched_, [&](const Fetched& one) { return one.range.Contains(arrow::io::ReadRange{position, bytes}); });
  return found == fetched_.end() ? nullptr : &*found;
}

arrow::Result<std::int64_t> RangeInput::ReadAt(std::int64_t position, std::int64_t bytes, void* out) {
  bytes = available(position, bytes);
  if (bytes == 0) return 0;
  if (const Fetched* one = fetched(position, bytes)) {
    ARROW_ASSIGN_OR_RAISE(const Bytes all, one->bytes.result());
    std::memcpy(out, all->data() + (position - one->range.offset), static_cast<std::size_t>(bytes));
  } else {
    ARROW_RETURN_NOT_OK(read_from_file(position, bytes, out));
  }
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangeInput::ReadAt(std::int64_t position, std::int64_t bytes) {
  bytes = available(position, bytes);
  if (const Fetched* one = fetched(position, bytes)) {
    ARROW_ASSIGN_OR_RAISE(const Bytes all, one->bytes.result());
    return arrow::SliceBuffer(all, position - one->range.offset, bytes);
  }
  ARROW_ASSIGN_OR_RAISE(Bytes buffer, arrow::AllocateBuffer(bytes));
  if (bytes > 0) ARROW_RETURN_NOT_OK(read_from_file(position, bytes, buffer->mutable_data()));
  return buffer;
}

arrow::Result<std::int64_t> RangeInput::Read(std::int64_t bytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(bytes, ReadAt(position_, bytes, out));
  position_ += bytes;
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangeInput::Read(std::int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
  position_ += buffer->size();
  return buffer;
}

void RangeInput::fetch(const std::vector<arrow::io::ReadRange>& ranges) {
  for (arrow::io::ReadRange range : ranges) {
    range.length = available(range.offset, range.length);
    if (range.length > 0) fetched_.push_back({range, begin(range)});
  }
}

arrow::Future<std::shared_ptr<arrow::Buffer>> RangeInput::begin(const arrow::io::ReadRange& range) {
  const arrow::io::IOContext& context = arrow::io::default_io_context();
  auto allocated = arrow::AllocateBuffer(range.length, context.pool());
  if (!allocated.ok()) return arrow::Future<Bytes>::MakeFinished(allocated.status());
  const Bytes buffer = std::move(*allocated);
  const auto self = std::dynamic_pointer_cast<RangeInput>(shared_from_this());
  std::vector<arrow::Future<>> parts;
  for (std::int64_t begin = 0; begin < range.length; begin += k_part) {
    auto part = context.executor()->Submit([self, buffer, range, begin]() {
      return self->read_from_file(range.offset + begin, std::min(k_part, range.length - begin),
                                  buffer->mutable_data() + begin);
    });
    if (!part.ok()) return arrow::Future<Bytes>::MakeFinished(part.status());
    parts.emplace_back(*std::move(part));
  }
  return arrow::AllComplete(parts).Then([buffer] { return buffer; });
}

}  // namespace trajectory::columnar
