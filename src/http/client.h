#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace trajectory::http {

struct ClientSettings {
  std::string user_agent;
  std::string ca_file;                      ///< certificates to trust instead of the system's; empty: the system's
  int connect_seconds = 10;                 ///< until the connection stands
  int silence_seconds = 60;                 ///< without a byte, while an answer is awaited or under way
  std::uint64_t max_body = 1U << 30U;       ///< bytes of `Response::body`
  const std::atomic<bool>* stop = nullptr;  ///< set to end calls under way with k_interrupted
};

/// An HTTP client over libcurl. Connections are kept and used again; certificates are verified; proxies are taken from
/// HTTPS_PROXY, http_proxy, ALL_PROXY and NO_PROXY, as curl does. Redirects are followed only by requests without
/// secrets. May be used from several threads at once.
class Client {
 public:
  /// Errors: k_not_found (the file of authorities).
  [[nodiscard]] static base::Result<Client> open(ClientSettings settings);
  ~Client();
  Client(Client&&) noexcept;

  /// One exchange, without retries. Errors: k_unreachable (no connection, or it broke off: may be tried again),
  /// k_remote (a certificate that does not verify, an address that is no http URL), k_too_large, k_interrupted, and
  /// the sink's own.
  [[nodiscard]] base::Result<Response> send(const Request& request) const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::http
