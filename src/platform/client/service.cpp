#include "platform/client/service.h"

#include <algorithm>

#include "http/client.h"
#include "http/retry.h"
#include "http/error_text.h"
#include "http/url.h"
#include "json/value.h"

namespace trajectory::platform::client {

namespace {

constexpr int k_silence_seconds = 120;

bool is_retried(int status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

http::RetryPolicy policy_of(unsigned retries) {
  http::RetryPolicy policy;
  policy.tries = static_cast<int>(retries) + 1;
  policy.first_wait = 1000;
  policy.jitter = 500;
  policy.passing = is_retried;
  return policy;
}

std::string without_end(std::string url, std::string_view end) {
  if (url.ends_with(end)) url.resize(url.size() - end.size());
  return url;
}

/// The address before "/api/v1/...".
base::Result<std::string> base_of(std::string url) {
  if (url.empty()) url = k_default_url;
  if (http::host_of(url).empty() || url.find_first_of("?# \t\r\n") != std::string::npos)
    return base::Error(base::ErrorCode::k_usage, "the platform's address must be an http or https URL without a query")
        .with(http::shown_url(url));
  while (url.ends_with('/')) url.pop_back();
  return without_end(std::move(url), "/api/v1");
}

}  // namespace

struct Service::Impl {
  std::string url;
  base::Secret key;
  base::Clock clock;
  Hooks hooks;
  http::Client client;

  [[nodiscard]] base::Result<http::Response> send(const http::Request& request, unsigned retries,
                                                  std::string_view what) const {
    auto answer = http::send_with_retry([&](const http::Request& one) { return client.send(one); }, request,
                                        policy_of(retries), clock);
    if (answer || answer.error().code() != base::ErrorCode::k_unreachable) return answer;
    return base::Error(
        base::ErrorCode::k_unreachable,
        "cannot " + std::string(what) + ": the platform gives " + answer.error().text() +
            ": start one with trajectory serve, or check TRAJECTORY_BASE_URL, the network and the proxy");
  }
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;
Service::Service(Service&&) noexcept = default;

base::Result<Service> Service::open(const Access& access, const base::Clock& clock, const Hooks& hooks) {
  auto url = base_of(access.url);
  if (!url) return std::move(url).error();
  const std::string& key = access.key.reveal();
  if (std::any_of(key.begin(), key.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
    return base::Error(base::ErrorCode::k_usage, "the platform's API key has blanks or line ends in it");
  http::ClientSettings settings;
  settings.user_agent = "trajectory/" TRAJECTORY_VERSION;
  settings.ca_file = access.ca_file;
  settings.silence_seconds = k_silence_seconds;
  settings.stop = hooks.stop;
  auto client = http::Client::open(settings);
  if (!client) return std::move(client).error();
  return Service(std::make_unique<Impl>(Impl{std::move(*url), access.key, clock, hooks, std::move(*client)}));
}

base::Result<Abilities> Service::abilities() const {
  http::Request request{.url = impl_->url + "/api/v1/info"};
  request.secret_headers = {{"X-API-Key", impl_->key}};
  const auto answer = impl_->send(request, 3, "ask the platform");
  if (!answer) return answer.error();
  Abilities out;
  json::Parser parser;
  const auto parsed = parser.parse(answer->body);
  if (answer->status != 200 || !parsed || (**parsed)["name"].string() != "trajectory") return out;
  const json::Value& info = **parsed;
  for (const json::Value& ability : info["abilities"].items()) {
    out.known_hashes |= ability.string() == "known-hashes";
    out.native_records |= ability.string() == "native-records";
  }
  for (const json::Value& coding : info["compression"].items()) out.zstd |= coding.string() == "zstd";
  const auto lower = [](std::uint64_t& limit, const json::Value& announced) {
    const std::int64_t value = announced.integer();
    if (value > 0) limit = std::min(limit, static_cast<std::uint64_t>(value));
  };
  lower(out.body_bytes, info["limits"]["body_bytes"]);
  lower(out.batch, info["limits"]["batch"]);
  return out;
}

base::Result<http::Response> Service::post(const Post& call) const {
  http::Request request{.method = "POST", .url = impl_->url + call.path};
  request.headers = {{"Content-Type", call.content_type}};
  if (!call.content_encoding.empty()) request.headers.emplace_back("Content-Encoding", call.content_encoding);
  request.secret_headers = {{"X-API-Key", impl_->key}};
  request.body_source = call.body;
  return impl_->send(request, call.retries, call.what);
}

base::Error Service::refusal(const Post& call, const http::Response& answer) const {
  using base::ErrorCode;
  const std::string said = http::error_text(answer, impl_->key);
  const std::string quoted = said.empty() ? "" : ": " + said;
  const auto say = [&](ErrorCode code, const std::string& text) {
    return base::Error(code, "cannot " + std::string(call.what) + ": " + text)
        .with(std::to_string(answer.status) + " from " + http::shown_url(impl_->url + call.path));
  };
  if (answer.status == 401 || answer.status == 403)
    return say(ErrorCode::k_denied, "the platform does not take the API key" + quoted +
                                        ": check TRAJECTORY_API_KEY and TRAJECTORY_BASE_URL");
  if (answer.status == 404)
    return say(ErrorCode::k_remote, "there is no platform at this address" + quoted + ": check TRAJECTORY_BASE_URL");
  if (answer.status >= 300 && answer.status < 400)
    return say(ErrorCode::k_remote, "the address sends elsewhere: set TRAJECTORY_BASE_URL to where it leads");
  if (answer.status == 429)
    return say(ErrorCode::k_remote,
               "the platform takes no further calls for now" + quoted + ": start again later, what it took is kept");
  if (is_retried(answer.status))
    return say(ErrorCode::k_remote, "the platform fails" + quoted + ": start again later, what it took is kept");
  return say(answer.status == 413 ? ErrorCode::k_too_large : ErrorCode::k_remote,
             "the platform refuses the request" + quoted);
}

base::Error Service::unexpected(const Post& call, const std::string& what) const {
  return base::Error(base::ErrorCode::k_remote,
                     "cannot " + std::string(call.what) + ": " + http::one_line(what, impl_->key))
      .with(http::shown_url(impl_->url + call.path));
}

const base::Clock& Service::clock() const { return impl_->clock; }
const Hooks& Service::hooks() const { return impl_->hooks; }
bool Service::interrupted() const { return impl_->hooks.stop != nullptr && *impl_->hooks.stop; }

}  // namespace trajectory::platform::client
