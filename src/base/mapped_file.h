#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::base {

/// A file's bytes, mapped read-only for the object's life. Where the file is cut off meanwhile they read as zeros
/// (`FileStamp` tells that it changed); the first mapping installs a handler of SIGBUS for that, which hands on what is
/// not its own.
class MappedFile {
 public:
  /// Errors: k_not_found, k_io.
  [[nodiscard]] static Result<MappedFile> open(const std::string& path);
  /// Takes over an open file, which is closed. `path` names it in messages. Errors: k_io.
  [[nodiscard]] static Result<MappedFile> take(int file, const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace trajectory::base
