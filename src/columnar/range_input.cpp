#include "columnar/range_input.h"

#include <algorithm>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/util/thread_pool.h>

namespace trajectory::columnar {

namespace {

constexpr std::int64_t k_part = 8 << 20;

}  // namespace

std::optional<base::Error> RangeInput::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::int64_t RangeInput::available(std::int64_t position, std::int64_t bytes) const {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(file_->size()) - position, 0, bytes);
}

arrow::Result<std::int64_t> RangeInput::ReadAt(std::int64_t position, std::int64_t bytes, void* out) {
  bytes = available(position, bytes);
  if (bytes == 0) return 0;
  base::Status status =
      file_->read(static_cast<std::uint64_t>(position), {static_cast<char*>(out), static_cast<std::size_t>(bytes)});
  if (status.ok()) return bytes;
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(status).error();
  return arrow::Status::IOError("the file cannot be read");
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RangeInput::ReadAt(std::int64_t position, std::int64_t bytes) {
  bytes = available(position, bytes);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(bytes));
  ARROW_RETURN_NOT_OK(ReadAt(position, bytes, buffer->mutable_data()));
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

arrow::Future<std::shared_ptr<arrow::Buffer>> RangeInput::ReadAsync(const arrow::io::IOContext& context,
                                                                    std::int64_t position, std::int64_t bytes, bool) {
  using Bytes = std::shared_ptr<arrow::Buffer>;
  bytes = available(position, bytes);
  auto allocated = arrow::AllocateBuffer(bytes, context.pool());
  if (!allocated.ok()) return arrow::Future<Bytes>::MakeFinished(allocated.status());
  const Bytes buffer = std::move(*allocated);
  const auto self = std::dynamic_pointer_cast<RangeInput>(shared_from_this());
  std::vector<arrow::Future<>> parts;
  for (std::int64_t begin = 0; begin < bytes; begin += k_part) {
    auto part = context.executor()->Submit([self, buffer, position, begin, bytes]() -> arrow::Status {
      return self->ReadAt(position + begin, std::min(k_part, bytes - begin), buffer->mutable_data() + begin).status();
    });
    if (!part.ok()) return arrow::Future<Bytes>::MakeFinished(part.status());
    parts.emplace_back(*std::move(part));
  }
  return arrow::AllComplete(parts).Then([buffer] { return buffer; });
}

}  // namespace trajectory::columnar
