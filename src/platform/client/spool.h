#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/scratch_file.h"

namespace trajectory::platform::client {

/// Bytes that are gathered and then read in any order: a few in memory, more in a file without a name, which goes with
/// the process. For one thread at a time.
class Spool {
 public:
  static constexpr std::size_t k_in_memory = 1 << 20;

  /// `folder`: where the file is made.
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] std::uint64_t size() const { return written() + memory_.size(); }
  /// Errors: k_io.
  [[nodiscard]] base::Status append(std::string_view bytes);
  /// Fills the buffer, or its beginning at the end of the bytes. Errors: k_io.
  [[nodiscard]] base::Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const;

 private:
  [[nodiscard]] std::uint64_t written() const { return file_ ? file_->size() : 0; }

  std::string folder_;
  std::string memory_;  ///< what is not in the file yet
  std::optional<base::ScratchFile> file_;
};

}  // namespace trajectory::platform::client
