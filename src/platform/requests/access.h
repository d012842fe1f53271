#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

enum class Scope : std::uint8_t {
  k_open,  ///< without a key
  k_read,
  k_write,
};

/// Who may ask what, and how often. Thread-safe.
class Access {
 public:
  Access(const Context& context) : context_(context) {}  // NOLINT(google-explicit-constructor)

  /// Nothing when the request may go on, else what to answer: 403 (a Host or Origin of elsewhere, a key without the
  /// right), 401 (no key, an unknown one), 429. Errors: k_io.
  [[nodiscard]] base::Result<std::optional<Answer>> refuse(const Request& request, Scope scope);

 private:
  [[nodiscard]] std::optional<Answer> refuse_origin(const Request& request) const;
  [[nodiscard]] std::optional<Answer> refuse_rate(const std::string& who);

  struct Bucket {
    double tokens = 0;
    std::int64_t at = 0;  ///< milliseconds
  };
  const Context& context_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace trajectory::platform::requests
