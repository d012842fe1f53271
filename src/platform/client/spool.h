#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::platform::client {

/// Bytes that are gathered and then read in any order: a few in memory, more in a file without a name, which goes with
/// the process. For one thread at a time.
class Spool {
 public:
  static constexpr std::size_t k_in_memory = 1 << 20;

  /// `folder`: where the file is made.
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}
  ~Spool();
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&& other) noexcept;

  [[nodiscard]] std::uint64_t size() const { return written_ + memory_.size(); }
  /// Errors: k_io.
  [[nodiscard]] base::Status append(std::string_view bytes);
  /// Fills the buffer, or its beginning at the end of the bytes. Errors: k_io.
  [[nodiscard]] base::Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const;

 private:
  [[nodiscard]] base::Status spill();

  std::string folder_;
  std::string memory_;  ///< what is behind `written_`
  std::uint64_t written_ = 0;
  int file_ = -1;
};

}  // namespace trajectory::platform::client
