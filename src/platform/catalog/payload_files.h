#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::platform::catalog {

/// Files named for their content, in folders by their first two digits: `payloads/ab/abcd....zst`. A file appears whole
/// and durable or not at all. Names are SHA-256 digests and nothing else, so no name from outside leads anywhere.
/// Thread-safe.
class PayloadFiles {
 public:
  /// `folder` is made when it is not there. Errors: k_io.
  [[nodiscard]] static base::Result<PayloadFiles> open(const std::string& folder);

  /// Does nothing when the file is there. Errors: k_io.
  [[nodiscard]] base::Status write(std::string_view sha256, std::string_view bytes) const;
  /// Errors: k_not_found, k_io.
  [[nodiscard]] base::Result<std::string> read(std::string_view sha256) const;
  [[nodiscard]] bool has(std::string_view sha256) const;
  /// Nothing happens when it is not there. Errors: k_io.
  [[nodiscard]] base::Status remove(std::string_view sha256) const;
  /// Names every file; what is no payload is handed out as its path with `is_payload` unset. Errors: k_io, the
  /// consumer's.
  [[nodiscard]] base::Status each(
      const std::function<base::Status(const std::string& name, bool is_payload)>& consumer) const;
  /// Removes what killed processes left: files that never got their name. Errors: k_io.
  [[nodiscard]] base::Status remove_unfinished() const;

 private:
  explicit PayloadFiles(std::string folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::string folder_of(std::string_view sha256) const;
  [[nodiscard]] std::string path_of(std::string_view sha256) const;

  std::string folder_;
};

/// Whether the text is a SHA-256 digest in lower-case hexadecimal digits.
[[nodiscard]] bool is_sha256(std::string_view text);

}  // namespace trajectory::platform::catalog
