#include "http/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace trajectory::http {

namespace {

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "Wed, 21 Oct 2015 07:28:00 GMT" (RFC 9110, 5.6.7) as seconds since 1970.
std::optional<std::int64_t> seconds_of_date(std::string_view text) {
  std::tm time{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S", &time);
  if (end == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&time));
}

}  // namespace

bool is_passing(int status) {
  if (status == 501 || status == 505) return false;
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

std::optional<std::int64_t> asked_wait(const Response& response, std::int64_t now) {
  const double k_week = 7 * 86'400'000.0;
  const auto milliseconds = [k_week](double value) { return static_cast<std::int64_t>(std::min(value, k_week)); };
  if (const auto value = number_in(response.header("retry-after-ms"))) return milliseconds(*value);
  const std::string_view text = response.header("retry-after");
  if (const auto value = number_in(text)) return milliseconds(*value * 1000);
  if (const auto seconds = seconds_of_date(text)) return std::max<std::int64_t>(0, *seconds * 1000 - now / 1000);
  return std::nullopt;
}

std::int64_t backoff(const RetryPolicy& policy, int tried, const base::Clock& clock) {
  std::int64_t wait = policy.first_wait;
  for (int i = 1; i < tried && wait < policy.longest_wait; ++i) wait *= 2;
  wait = std::min(wait, policy.longest_wait);
  if (policy.jitter) return wait + static_cast<std::int64_t>(clock.random() * static_cast<double>(*policy.jitter));
  return wait - static_cast<std::int64_t>(clock.random() * static_cast<double>(wait) / 2);
}

base::Result<Response> send_with_retry(const std::function<base::Result<Response>(const Request&)>& send,
                                       const Request& request, const RetryPolicy& policy, const base::Clock& clock) {
  for (int tried = 1;; ++tried) {
    base::Result<Response> answer = send(request);
    std::int64_t wait = backoff(policy, tried, clock);
    if (answer) {
      if (!policy.passing(answer->status) || tried >= policy.tries) return answer;
      if (!policy.repeatable && answer->status != 429) return answer;
      const auto asked = asked_wait(*answer, clock.now());
      if (asked && *asked > policy.longest_asked_wait) return answer;
      if (asked) wait = std::max(*asked, wait / 2);
    } else {
      if (answer.error().code() != base::ErrorCode::k_unreachable || !policy.repeatable) return answer;
      if (tried >= policy.tries) return std::move(answer).error().with("tried " + std::to_string(tried) + " times");
    }
    if (!clock.sleep(wait)) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
  }
}

}  // namespace trajectory::http
