#include "platform/requests/exchange.h"

#include "base/error_table.h"
#include "platform/requests/json_text.h"

namespace trajectory::platform::requests {

Answer refusal(int status, std::string_view message) {
  Answer out;
  out.status = status;
  out.body = JsonText::object().text("error", message).done();
  return out;
}

Answer refusal(const base::Error& error) {
  // The client is gone, or too slow: nothing of the server's failed.
  if (error.code() == base::ErrorCode::k_unreachable) return refusal(400, error.text());
  const bool damaged = error.code() == base::ErrorCode::k_bad_format;
  const int status = damaged ? 500 : base::meaning_of(error.code()).http_status;
  if (status >= 500) return refusal(status, "the server cannot do this now: its log says why");
  return refusal(status, error.text());
}

base::Error fault_of_client(base::Error error) {
  if (error.code() != base::ErrorCode::k_bad_format) return error;
  return {base::ErrorCode::k_usage, error.text()};
}

void add_security_headers(Answer& answer) {
  for (const auto& [name, value] : {std::pair{"X-Content-Type-Options", "nosniff"},
                                    {"Cache-Control", "no-store"},
                                    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                                    {"Referrer-Policy", "no-referrer"},
                                    {"Cross-Origin-Resource-Policy", "same-origin"}})
    answer.headers.emplace_back(name, value);
}

}  // namespace trajectory::platform::requests
