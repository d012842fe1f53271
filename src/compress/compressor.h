#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace trajectory::compress {

/// Compresses bytes as they come into one frame. https://www.rfc-editor.org/rfc/rfc8878
class Compressor {
 public:
  using Sink = std::function<base::Status(std::string_view)>;

  /// `level`: 1 (fast) to 19 (small).
  explicit Compressor(Sink sink, int level = 3);
  ~Compressor();
  Compressor(Compressor&&) noexcept;

  /// Errors: the sink's, k_internal (no memory).
  [[nodiscard]] base::Status write(std::string_view bytes);
  /// Ends the frame; nothing is written after it. Errors: as above.
  [[nodiscard]] base::Status finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::compress
