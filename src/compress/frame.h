#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::compress {

/// Writes and reads texts as one zstd frame each, with size and checksum in it. Not thread-safe: one per thread.
class Frames {
 public:
  Frames();
  ~Frames();
  Frames(Frames&&) noexcept;

  [[nodiscard]] std::string pack(std::string_view bytes);
  /// Errors: k_bad_format (no frame, damaged), k_too_large (above `most_bytes`).
  [[nodiscard]] base::Result<std::string> unpack(std::string_view frame, std::uint64_t most_bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::compress
