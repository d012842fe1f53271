#include "platform/client/spool.h"

namespace trajectory::platform::client {

base::Status Spool::append(std::string_view bytes) {
  memory_.append(bytes);
  if (memory_.size() <= k_in_memory) return {};
  if (!file_) {
    auto file = base::ScratchFile::create(folder_);
    if (!file) return std::move(file).error();
    file_.emplace(std::move(*file));
  }
  if (const auto place = file_->append(memory_); !place) return place.error();
  memory_.clear();
  return {};
}

base::Result<std::size_t> Spool::read(std::uint64_t offset, std::span<char> buffer) const {
  if (offset < written()) return file_->read(offset, buffer);
  if (offset >= size()) return std::size_t{0};
  return memory_.copy(buffer.data(), buffer.size(), static_cast<std::size_t>(offset - written()));
}

}  // namespace trajectory::platform::client
