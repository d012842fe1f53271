#include "platform/requests/access.h"

#include <algorithm>

#include "base/text.h"
#include "platform/catalog/keys.h"

namespace trajectory::platform::requests {

namespace {

/// The name in "name:port"; "[::1]" keeps its brackets.
std::string host_of(std::string_view host) {
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return base::lower_ascii(host.substr(0, colon));
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host.ends_with(".localhost");
}

}  // namespace

/// A page of another site that has its name point here (DNS rebinding) shows by its Host, one that sends requests from
/// a browser by its Origin.
std::optional<Answer> Access::refuse_origin(const Request& request) const {
  const Settings& settings = context_.settings;
  const std::string host = host_of(request.header("host"));
  const bool named = std::any_of(settings.hosts.begin(), settings.hosts.end(),
                                 [&](const std::string& name) { return base::lower_ascii(name) == host; });
  const bool any = !settings.loopback && settings.hosts.empty();
  if (!any && !named && !is_this_machine(host))
    return refusal(403, "this server is not called by that name: start it with --allow-host NAME if it is meant");
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return std::nullopt;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || origin.substr(scheme + 3) != request.header("host"))
    return refusal(403, "a page of another origin may not ask here");
  return std::nullopt;
}

std::optional<Answer> Access::refuse_rate(const std::string& who) {
  const auto rate = static_cast<double>(context_.settings.requests_a_second);
  if (rate <= 0) return std::nullopt;
  constexpr std::size_t k_most = 10'000;
  constexpr double k_burst = 2;  // seconds
  const std::int64_t now = context_.clock.steady();
  const std::scoped_lock hold(mutex_);
  if (buckets_.size() > k_most) buckets_.clear();
  const auto [found, added] = buckets_.try_emplace(who, Bucket{rate * k_burst, now});
  Bucket& bucket = found->second;
  bucket.tokens = std::min(rate * k_burst, bucket.tokens + rate * static_cast<double>(now - bucket.at) / 1000);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  Answer out = refusal(429, "too many requests: wait a second");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

base::Result<std::optional<Answer>> Access::refuse(const Request& request, Scope scope) {
  if (auto refused = refuse_origin(request)) return refused;
  if (scope == Scope::k_open) return std::optional<Answer>();
  if (request.key.empty()) {
    Answer out = refusal(401, "a key is missing: send it as X-API-Key");
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
    return std::optional(std::move(out));
  }
  bool any_key = false;
  const auto key =
      context_.catalog.read([&](sqlite::Database& database) -> base::Result<std::optional<catalog::KeyInfo>> {
        const auto has = catalog::has_keys(database);
        if (!has) return has.error();
        any_key = !*has && context_.settings.loopback;
        if (any_key) return std::optional<catalog::KeyInfo>();
        return catalog::find_key(database, request.key.reveal());
      });
  if (!key) return key.error();
  if (any_key) return std::optional<Answer>();
  if (!*key) {
    if (auto refused = refuse_rate(request.peer)) return refused;
    return std::optional(refusal(401, "the key is unknown or was revoked: make one with trajectory keys create"));
  }
  const catalog::KeyInfo& info = **key;
  if (auto refused = refuse_rate(info.id)) return refused;
  if (scope == Scope::k_write ? info.scopes.write : info.scopes.read) return std::optional<Answer>();
  return std::optional(refusal(403, scope == Scope::k_write ? "the key may not write" : "the key may not read"));
}

}  // namespace trajectory::platform::requests
