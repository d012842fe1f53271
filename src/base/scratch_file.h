#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::base {

/// A file without a name, for what does not fit in memory: it goes with the process, however that ends. Thread-safe.
class ScratchFile {
 public:
  /// Errors: k_io.
  [[nodiscard]] static Result<ScratchFile> create(const std::string& folder);
  ~ScratchFile();
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&& other) noexcept;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Writes behind all that was appended before. Returns where. Errors: k_io.
  [[nodiscard]] Result<std::uint64_t> append(std::string_view bytes);
  /// Writes at a place of the caller's choice, which `append` does not know of. Errors: k_io.
  [[nodiscard]] Status write(std::uint64_t offset, std::string_view bytes) const;
  /// Fills the buffer, or its beginning at the end of the file. Returns how much. Errors: k_io.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const;
  /// Hands over the open file.
  [[nodiscard]] int release();

 private:
  ScratchFile(int file, std::string folder) : file_(file), folder_(std::move(folder)) {}

  int file_ = -1;
  std::string folder_;
  std::atomic<std::uint64_t> size_{0};
};

/// The folder for temporary files: `tmpdir`, the variable TMPDIR, where it is set, else that of the output, which has
/// room; without an output /var/tmp, since /tmp may be memory.
[[nodiscard]] std::string scratch_folder(const std::string& tmpdir, const std::string& output = {});

}  // namespace trajectory::base
