#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace trajectory::base {

/// A file elsewhere, read by ranges. Thread-safe.
class RangeFile {
 public:
  RangeFile() = default;
  RangeFile(const RangeFile&) = delete;
  RangeFile& operator=(const RangeFile&) = delete;
  virtual ~RangeFile() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;  ///< for messages: a URI
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Fills the whole buffer with the bytes from `offset` on. Errors: k_remote.
  [[nodiscard]] virtual Status read(std::uint64_t offset, std::span<char> into) const = 0;
};

}  // namespace trajectory::base
