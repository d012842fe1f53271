#include "platform/client/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "base/output_folder.h"

namespace trajectory::platform::client {

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

Spool::Spool(Spool&& other) noexcept { *this = std::move(other); }

Spool& Spool::operator=(Spool&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(memory_, other.memory_);
  std::swap(written_, other.written_);
  std::swap(file_, other.file_);
  return *this;
}

base::Status Spool::append(std::string_view bytes) {
  memory_.append(bytes);
  return memory_.size() > k_in_memory ? spill() : base::Status();
}

base::Status Spool::spill() {
  if (file_ < 0) {
    std::string path = folder_ + "/.trajectory-upload-XXXXXX";
    file_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (file_ < 0) return base::io_error("cannot make a temporary file", folder_, errno);
    ::unlink(path.c_str());
  }
  for (std::string_view rest = memory_; !rest.empty();) {
    const ssize_t count = ::pwrite(file_, rest.data(), rest.size(), static_cast<off_t>(written_));
    if (count < 0) return base::io_error("cannot write a temporary file", folder_, errno);
    written_ += static_cast<std::uint64_t>(count);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  memory_.clear();
  return {};
}

base::Result<std::size_t> Spool::read(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= written_) {
    if (offset >= size()) return std::size_t{0};
    return memory_.copy(buffer.data(), buffer.size(), static_cast<std::size_t>(offset - written_));
  }
  const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), written_ - offset));
  const ssize_t count = ::pread(file_, buffer.data(), most, static_cast<off_t>(offset));
  if (count < 0) return base::io_error("cannot read a temporary file", folder_, errno);
  return static_cast<std::size_t>(count);
}

}  // namespace trajectory::platform::client
