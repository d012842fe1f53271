#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace trajectory::http {

/// A body that is read while it is sent.
struct BodySource {
  std::uint64_t size = 0;  ///< bytes
  /// Fills the buffer, or its beginning, from that place of the body on; returns how many bytes. An error, or nothing
  /// before the end, ends the call.
  std::function<base::Result<std::size_t>(std::uint64_t offset, std::span<char> buffer)> read;
};

struct Request {
  std::string method = "GET";
  std::string url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::vector<std::pair<std::string, base::Secret>> secret_headers{};  ///< never sent on after a redirect
  std::string body{};
  std::optional<BodySource> body_source{};  ///< in place of `body`
  /// Takes the body of a 2xx answer piece by piece instead of `Response::body`. Its error ends the call.
  std::function<base::Status(std::string_view)> sink{};
};

/// What the service said, whatever it said: a status of 500 is an answer, too.
struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
  /// The first value of that name (in lower case), or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

}  // namespace trajectory::http
