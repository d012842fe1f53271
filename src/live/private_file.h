#pragma once

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/result.h"

namespace trajectory::live {

/// A file that only its owner reads, and that appears when it is whole.
class PrivateFile {
 public:
  explicit PrivateFile(std::string path) : path_(std::move(path)) {
    ::unlink(part().c_str());  // of a killed process
    handle_ = ::open(part().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  }
  ~PrivateFile() {
    if (handle_ < 0) return;
    ::close(handle_);
    ::unlink(part().c_str());
  }
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  [[nodiscard]] base::Status write(std::string_view bytes) {
    while (handle_ >= 0 && !bytes.empty()) {
      const ssize_t written = ::write(handle_, bytes.data(), bytes.size());
      if (written < 0) return failure();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return handle_ < 0 ? failure() : base::Status();
  }

  [[nodiscard]] base::Status commit() {
    if (handle_ < 0 || ::fsync(handle_) != 0) return failure();
    ::close(std::exchange(handle_, -1));
    if (std::rename(part().c_str(), path_.c_str()) != 0) return failure();
    return {};
  }

 private:
  [[nodiscard]] std::string part() const { return path_ + ".part"; }
  [[nodiscard]] base::Status failure() const {
    return base::Error(base::ErrorCode::k_io, "an answer cannot be written: is the disk full?").with(path_);
  }

  std::string path_;
  int handle_ = -1;
};

}  // namespace trajectory::live
