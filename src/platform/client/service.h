#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace trajectory::platform::client {

/// Where `trajectory serve` listens unless it is told otherwise.
inline constexpr std::string_view k_default_url = "http://127.0.0.1:7878";

struct Access {
  std::string url;        ///< with a scheme, with or without a path; empty: `k_default_url`
  base::Secret key;       ///< X-API-Key
  std::string ca_file{};  ///< certificates to trust instead of the system's; empty: the system's
};

/// Handles of a long operation. The functions may be empty; they are called from one thread at a time.
struct Hooks {
  const std::atomic<bool>* stop = nullptr;  ///< set to end with k_interrupted
  std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
};

/// What a service says it can do beyond the contract; the public platform says nothing.
struct Abilities {
  bool known_hashes = false;                            ///< tells which uploads are there already
  bool native_records = false;                          ///< takes native records, one a line
  bool zstd = false;                                    ///< takes bodies in zstd frames
  std::uint64_t body_bytes = std::uint64_t{128} << 20;  ///< of JSON in one upload
  std::uint64_t batch = 1000;                           ///< trajectories in one upload
};

/// Calls to the platform: the key, time limits, retries, and failures in words. May be used from several threads.
class Service {
 public:
  /// Errors: k_usage (the address, or a key that no header can hold).
  [[nodiscard]] static base::Result<Service> open(const Access& access, const base::Clock& clock, const Hooks& hooks);
  ~Service();
  Service(Service&&) noexcept;

  /// Asks what the service can do. An answer without the name of our server means the contract alone. Errors:
  /// k_unreachable, k_interrupted.
  [[nodiscard]] base::Result<Abilities> abilities() const;

  struct Post {
    std::string path;                ///< from "/api/v1/..." on, with its query
    std::string content_type;        ///
    std::string content_encoding{};  ///< empty: none
    http::BodySource body;           ///
    std::string_view what;           ///< "upload trajectories": for messages
    unsigned retries = 3;            ///< after 429, 500, 502, 503, 504 and broken connections: 1 s, 2 s, 4 s, ...
  };
  /// The answer, whatever its status, after retries. Errors: k_unreachable, k_interrupted, the body's.
  [[nodiscard]] base::Result<http::Response> post(const Post& call) const;
  /// What an answer that is no success means. Never holds the key.
  [[nodiscard]] base::Error refusal(const Post& call, const http::Response& answer) const;
  /// An answer of success that is not what was agreed on.
  [[nodiscard]] base::Error unexpected(const Post& call, const std::string& what) const;

  [[nodiscard]] const base::Clock& clock() const;
  [[nodiscard]] const Hooks& hooks() const;
  [[nodiscard]] bool interrupted() const;

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::platform::client
