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
  const int status = base::meaning_of(error.code()).http_status;
  if (error.code() == base::ErrorCode::k_bad_format) return refusal(400, error.text());
  if (status >= 500) return refusal(status, "the server cannot do this now: its log says why");
  return refusal(status, error.text());
}

}  // namespace trajectory::platform::requests
