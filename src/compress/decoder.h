#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace trajectory::compress {

/// A content coding of HTTP (RFC 9110, section 8.4.1; zstd: RFC 8878).
enum class Coding : std::uint8_t { k_identity, k_gzip, k_zstd };

/// The coding of that name, any letter case; none where we know none.
[[nodiscard]] std::optional<Coding> coding_of(std::string_view name);

/// What keeps a small body from growing without bound.
struct DecodeLimits {
  std::uint64_t most_bytes = 256 << 20;        ///< decoded
  std::uint64_t most_ratio = 2000;             ///< decoded bytes a coded byte ...
  std::uint64_t ratio_counts_from = 16 << 20;  ///< ... once so many are decoded
};

/// Decodes a body piece by piece; several frames or members may follow each other. Memory is bounded: at most 32 MiB of
/// window (zstd) beside the pieces handed out.
class Decoder {
 public:
  using Sink = std::function<base::Status(std::string_view)>;

  Decoder(Coding coding, const DecodeLimits& limits);
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  /// Hands out what the next piece decodes to. Errors: k_bad_format (no such coding), k_too_large (above a limit), the
  /// sink's.
  [[nodiscard]] base::Status feed(std::string_view bytes, const Sink& sink);
  /// Says that the body has ended. Errors: k_bad_format (cut short).
  [[nodiscard]] base::Status finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::compress
