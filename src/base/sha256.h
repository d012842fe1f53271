#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace trajectory::base {

/// SHA-256 over bytes given piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;

  void add(std::string_view bytes);
  /// The digest as 64 hexadecimal digits; ends the computation.
  [[nodiscard]] std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace trajectory::base
