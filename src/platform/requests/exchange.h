#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace trajectory::platform::requests {

using Sink = std::function<base::Status(std::string_view)>;

/// A request as a value: what a transport read of it, and a way to the body.
struct Request {
  std::string method;
  std::string path;                                        ///< decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  std::map<std::string, std::string> headers;              ///< names in lower case
  base::Secret key;                                        ///< X-API-Key or a bearer token; not among the headers
  std::string peer;                                        ///< address of the client
  std::optional<std::uint64_t> content_length;
  /// Hands out the body as it comes; to be called at most once. Errors: k_bad_format (cut off, or malformed), the
  /// sink's.
  std::function<base::Status(const Sink&)> read_body;

  /// The last parameter of that name; empty when there is none.
  [[nodiscard]] std::string_view parameter(std::string_view name) const {
    for (auto at = query.rbegin(); at != query.rend(); ++at)
      if (at->first == name) return at->second;
    return {};
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(query.begin(), query.end(), [&](const auto& one) { return one.first == name; });
  }
  [[nodiscard]] std::string_view header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

/// What goes back. Either a text, or a stream that writes itself.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::function<base::Status(const Sink&)> stream;  ///< in place of `body`; an error cuts the answer off
  std::vector<std::pair<std::string, std::string>> headers;
};

/// An answer that says what is wrong: `{"error": "..."}`.
[[nodiscard]] Answer refusal(int status, std::string_view message);
/// With the status that the error table names. What is wrong with the server's files is not told to clients: neither by
/// k_io nor by k_bad_format, which here means a stored record.
[[nodiscard]] Answer refusal(const base::Error& error);
/// What keeps a browser from making more of an answer than it is: every answer has it.
void add_security_headers(Answer& answer);

/// An error of what a client sent: k_usage where its reader says k_bad_format.
[[nodiscard]] base::Error fault_of_client(base::Error error);

}  // namespace trajectory::platform::requests
