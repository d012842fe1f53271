#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "live/access.h"

namespace trajectory::live {

/// How often a call may go out: queries of runs have limits of their own.
enum class Pace : std::uint8_t {
  k_any,          ///< 1000 in 10 s
  k_runs_recent,  ///< runs of at most seven days: 10 in 10 s
  k_runs_long     ///< 3 in 10 s
};

struct Call {
  std::string method = "GET";
  std::string path{};  ///< from "/api/v1/..." or "/v2/..." on
  std::vector<std::pair<std::string, std::string>> query{};
  std::string body{};  ///< JSON
  std::string what{};  ///< "list the workspaces": for messages
  Pace pace = Pace::k_any;
  bool repeatable = true;  ///< false: must not arrive twice
};

/// Calls to one LangSmith: with keys, limits, retries, and failures in words. May be used from several threads.
class Api {
 public:
  /// Errors: k_usage (address).
  [[nodiscard]] static base::Result<Api> open(const Access& access, const base::Clock& clock, const Hooks& hooks);
  ~Api();
  Api(Api&&) noexcept;

  /// The answer of a 2xx call. Errors: k_denied (401, 403), k_not_found (404, 410), k_remote (other answers, with the
  /// server's text and what to do), k_unreachable, k_interrupted.
  [[nodiscard]] base::Result<http::Response> call(const Call& call) const;
  /// The answer whatever its status, after retries.
  [[nodiscard]] base::Result<http::Response> ask(const Call& call) const;
  /// What an answer that is no success means. Never holds the key.
  [[nodiscard]] base::Error explain(const Call& call, const http::Response& answer) const;
  /// The service's text as part of one line of ours: not endless, and never with the key.
  [[nodiscard]] std::string in_one_line(const std::string& text) const;
  /// Reads an address that an answer gave (a signed payload): no key is sent there.
  [[nodiscard]] base::Result<std::string> download(const std::string& url) const;

  [[nodiscard]] const std::string& url() const;
  [[nodiscard]] const base::Clock& clock() const;
  [[nodiscard]] const Hooks& hooks() const;
  /// Microseconds that the server's clock is ahead of ours, by the Date of its last answer; to the second.
  [[nodiscard]] std::int64_t server_is_ahead() const;
  /// Calls sent, and those that were refused for their number.
  [[nodiscard]] std::uint64_t sent() const;
  [[nodiscard]] std::uint64_t refused() const;
  void note(std::string_view line) const;

 private:
  struct Impl;
  explicit Api(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::live
