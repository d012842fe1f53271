#include "live/api.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <mutex>
#include <optional>

#include "http/client.h"
#include "http/error_text.h"
#include "http/retry.h"
#include "http/url.h"
#include "live/limiter.h"

namespace trajectory::live {

namespace {

/// Milliseconds without a call let through after which the limit is not of the passing kind: it is counted over ten
/// seconds, and others in the workspace may use up a few of these windows.
constexpr std::int64_t k_patience = 120'000;
/// Milliseconds of waiting for the limit of which the user is told.
constexpr std::int64_t k_told_wait = 5'000;
/// Failures in a row, about 1.5 s of them, after which the user is told of it.
constexpr int k_told_failures = 3;
/// Calls in ten seconds that a LangSmith of one's own is first asked with; it tells when they are too many.
constexpr std::size_t k_calls_elsewhere = 40;

std::optional<std::int64_t> date_of(const http::Response& answer) {
  std::tm time{};
  const std::string text(answer.header("date"));
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &time) == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&time)) * 1'000'000;
}

}  // namespace

struct Api::Impl {
  Access access;
  std::string url;
  base::Clock clock;
  Hooks hooks;
  http::Client client;
  Limiter recent;
  Limiter across;
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::int64_t> ahead{0};
  mutable std::mutex notes;
  std::atomic<bool> told_of_limit{false};  ///< since a call was let through

  Impl(Access who, std::string where, base::Clock time, Hooks handles, http::Client transport)
      : access(std::move(who)),
        url(std::move(where)),
        clock(std::move(time)),
        hooks(std::move(handles)),
        client(std::move(transport)),
        recent(clock, is_cloud(url) ? 10 : k_calls_elsewhere, !is_cloud(url)),
        across(clock, is_cloud(url) ? 3 : k_calls_elsewhere, !is_cloud(url)) {}

  base::Result<http::Response> send(const http::Request& request, Limiter* limiter);
  void tell_of_limit(std::int64_t refused_for, std::optional<std::int64_t> asked);
  void note(std::string_view line) const {
    const std::lock_guard lock(notes);
    if (hooks.note) hooks.note(line);
  }
};

/// Nobody is to sit before a program that says nothing.
void Api::Impl::tell_of_limit(std::int64_t refused_for, std::optional<std::int64_t> asked) {
  if (std::max(refused_for, asked.value_or(0)) < k_told_wait || told_of_limit.exchange(true)) return;
  note(asked ? "waiting: LangSmith's rate limit asks for " + std::to_string((*asked + 999) / 1000) + " s"
             : "waiting: LangSmith's rate limit lets no call through at present");
}

/// One exchange, or as many as the limiter asks for until it is not refused for the number of calls.
base::Result<http::Response> Api::Impl::send(const http::Request& request, Limiter* limiter) {
  for (;;) {
    if (limiter != nullptr && !limiter->acquire()) return interrupted();
    ++sent;
    auto answer = client.send(request);
    if (!answer) return answer;
    if (const auto date = date_of(*answer)) ahead = *date - clock.now() / 1'000'000 * 1'000'000;
    if (answer->status != 429) {
      if (limiter != nullptr) limiter->let_through();
      told_of_limit = false;
      return answer;
    }
    ++refused;
    const auto asked = http::asked_wait(*answer, clock.now());
    const bool in_vain = limiter != nullptr && limiter->refused_for() > k_patience;
    if (in_vain || (asked && *asked > http::RetryPolicy().longest_asked_wait)) return answer;
    if (limiter != nullptr) limiter->refused(asked);
    tell_of_limit(limiter != nullptr ? limiter->refused_for() : 0, asked);
    if (limiter == nullptr) return answer;
  }
}

Api::Api(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Api::~Api() = default;
Api::Api(Api&&) noexcept = default;

base::Result<Api> Api::open(const Access& access, const base::Clock& clock, const Hooks& hooks) {
  auto url = base_url(access.url);
  if (!url) return std::move(url).error();
  http::ClientSettings settings;
  settings.user_agent = "trajectory/" TRAJECTORY_VERSION;
  settings.ca_file = access.ca_file;
  settings.stop = hooks.stop;
  auto client = http::Client::open(settings);
  if (!client) return std::move(client).error();
  return Api(std::make_unique<Impl>(access, std::move(*url), clock, hooks, std::move(*client)));
}

base::Result<http::Response> Api::ask(const Call& call) const {
  http::Request request;
  request.method = call.method;
  request.url = http::with_query(impl_->url + call.path, call.query);
  request.headers = {{"Accept", "application/json"}};
  if (!call.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!impl_->access.key.empty()) request.secret_headers.emplace_back("X-API-Key", impl_->access.key);
  if (!impl_->access.workspace.empty()) request.headers.emplace_back("X-Tenant-Id", impl_->access.workspace);
  request.body = call.body;
  Limiter* limiter = nullptr;
  if (call.pace == Pace::k_runs_recent) limiter = &impl_->recent;
  if (call.pace == Pace::k_runs_long) limiter = &impl_->across;
  http::RetryPolicy policy;
  policy.repeatable = call.repeatable;
  // A limiter has waited as long as there was hope.
  if (limiter != nullptr) policy.passing = [](int status) { return status != 429 && http::is_passing(status); };
  int failures = 0;
  const auto send = [&](const http::Request& one) {
    auto answer = impl_->send(one, limiter);
    // The tries take a quarter of a minute: whoever waits hears of it.
    if (!answer && answer.error().code() == base::ErrorCode::k_unreachable && ++failures == k_told_failures)
      note("LangSmith gives no answer yet (" + impl_->url + "): trying on");
    return answer;
  };
  return http::send_with_retry(send, request, policy, impl_->clock);
}

base::Result<http::Response> Api::call(const Call& call) const {
  auto answer = ask(call);
  if (!answer) {
    if (answer.error().code() == base::ErrorCode::k_unreachable)
      return base::Error(base::ErrorCode::k_unreachable, "cannot " + call.what + ": LangSmith gives " +
                                                             answer.error().text() +
                                                             ": check the network, HTTPS_PROXY and LANGSMITH_ENDPOINT");
    return answer;
  }
  if (!answer->ok()) return explain(call, *answer);
  return answer;
}

base::Error Api::explain(const Call& call, const http::Response& answer) const {
  const std::string text = http::error_text(answer, impl_->access.key);
  const std::string quoted = text.empty() ? "" : ": " + text;
  const std::string head = "cannot " + call.what + ": ";
  const auto say = [&](base::ErrorCode code, const std::string& what) {
    return base::Error(code, head + what)
        .with(std::to_string(answer.status) + " from " + http::shown_url(impl_->url + call.path));
  };
  using base::ErrorCode;
  if (answer.body.find("org_scoped_key_requires_workspace") != std::string::npos)
    return say(ErrorCode::k_denied,
               "the API key belongs to an organization and does not say which workspace is meant: set "
               "LANGSMITH_WORKSPACE_ID (the workspace's page in the web settings shows it)");
  switch (answer.status) {
    case 401:
      if (impl_->access.key.empty()) return say(ErrorCode::k_denied, "there is no API key: set LANGSMITH_API_KEY");
      return say(ErrorCode::k_denied, "LangSmith does not take the API key (" + impl_->access.key.masked() + ")" +
                                          quoted +
                                          ": check LANGSMITH_API_KEY, and that LANGSMITH_ENDPOINT is the "
                                          "region the key was made in");
    case 403:
      return say(ErrorCode::k_denied, "the API key (" + impl_->access.key.masked() + ") has no right to it" + quoted +
                                          ": ask an administrator of the workspace for the permission, or check "
                                          "LANGSMITH_WORKSPACE_ID");
    case 404:
    case 410:
      return say(ErrorCode::k_not_found,
                 "it is not there" + quoted + ": check the id, LANGSMITH_WORKSPACE_ID and LANGSMITH_ENDPOINT");
    case 429:
      return say(ErrorCode::k_remote,
                 "LangSmith's rate limit lets no call through" + quoted + ": start again later, what is done is kept");
    default:
      break;
  }
  if (answer.status >= 300 && answer.status < 400)
    return say(ErrorCode::k_remote, "the address sends elsewhere: set LANGSMITH_ENDPOINT to where it leads");
  if (answer.status >= 500)
    return say(ErrorCode::k_remote, "LangSmith fails" + quoted + ": start again later, what is done is kept");
  return say(ErrorCode::k_remote, "LangSmith refuses the request" + quoted);
}

std::string Api::in_one_line(const std::string& text) const { return http::one_line(text, impl_->access.key); }

base::Result<std::string> Api::download(const std::string& url) const {
  // A path is meant below the address as it was written, with "/api" of a LangSmith of one's own.
  http::Request request{.url = url};
  if (url.starts_with("/")) {
    const bool below_api = impl_->access.url.find("/api") != std::string::npos && !is_cloud(impl_->url);
    request.url = impl_->url + (below_api ? "/api" : "") + url;
  }
  if (http::host_of(request.url).empty())
    return base::Error(base::ErrorCode::k_remote, "a payload's address is no http or https URL");
  ++impl_->sent;
  auto answer = http::send_with_retry([&](const http::Request& one) { return impl_->client.send(one); }, request, {},
                                      impl_->clock);
  if (!answer) return std::move(answer).error();
  if (!answer->ok())
    return base::Error(base::ErrorCode::k_remote, "a payload cannot be read from its signed address")
        .with(std::to_string(answer->status) + " from " + http::shown_url(url));
  return std::move(answer->body);
}

const std::string& Api::url() const { return impl_->url; }
const base::Clock& Api::clock() const { return impl_->clock; }
const Hooks& Api::hooks() const { return impl_->hooks; }
std::int64_t Api::server_is_ahead() const { return impl_->ahead; }
std::uint64_t Api::sent() const { return impl_->sent; }
std::uint64_t Api::refused() const { return impl_->refused; }

void Api::note(std::string_view line) const { impl_->note(line); }

}  // namespace trajectory::live
