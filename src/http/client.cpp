#include "http/client.h"

#include <algorithm>
#include <curl/curl.h>
#include <mutex>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/url.h"

namespace trajectory::http {

namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

/// What the callbacks of one exchange work on.
struct Exchange {
  const Request& request;
  const ClientSettings& settings;
  Response response;
  std::optional<base::Error> error;  ///< why a callback ended the exchange
  std::uint64_t sent = 0;            ///< bytes of the body source
};

bool begins_header(std::string_view line) { return line.starts_with("HTTP/"); }

/// A status line begins an answer anew: those of proxies, redirects and "100 Continue" come before the last.
std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (begins_header(line)) {
    exchange.response = {};
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos)
      for (const char c : line.substr(blank + 1, 3))
        exchange.response.status = exchange.response.status * 10 + (c >= '0' && c <= '9' ? c - '0' : 0);
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  exchange.response.headers.emplace_back(base::lower_ascii(line.substr(0, colon)), value);
  return size;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view piece(data, size);
  if (exchange.request.sink && exchange.response.ok()) {
    base::Status taken = exchange.request.sink(piece);
    if (taken.ok()) return size;
    exchange.error = std::move(taken).error();
    return 0;
  }
  if (exchange.response.body.size() + size > exchange.settings.max_body) {
    exchange.error = base::Error(
        base::ErrorCode::k_too_large,
        "the answer is larger than " + std::to_string(exchange.settings.max_body) + " bytes: ask for less at once");
    return 0;
  }
  exchange.response.body.append(piece);
  return size;
}

std::size_t give_body(char* buffer, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const BodySource& source = *exchange.request.body_source;
  const std::uint64_t rest = source.size - exchange.sent;
  if (rest == 0) return 0;
  auto read = source.read(exchange.sent, {buffer, static_cast<std::size_t>(std::min<std::uint64_t>(size, rest))});
  if (read && *read > 0) {
    exchange.sent += *read;
    return *read;
  }
  exchange.error = read ? base::Error(base::ErrorCode::k_internal, "the body of a request ends before its size")
                        : std::move(read).error();
  return CURL_READFUNC_ABORT;
}

/// curl begins a body anew when a connection that it used again turns out to be closed.
int seek_body(void* user, curl_off_t offset, int) {
  static_cast<Exchange*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int look_for_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& exchange = *static_cast<const Exchange*>(user);
  return exchange.settings.stop != nullptr && *exchange.settings.stop ? 1 : 0;
}

bool may_be_tried_again(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return false;
    default:
      return true;
  }
}

/// What to do about a failure that repeating does not cure.
std::string advice(CURLcode code, const std::string& ca_file) {
  switch (code) {
    case CURLE_SSL_CACERT_BADFILE:
      return ": " + ca_file + " (SSL_CERT_FILE) is no file of certificates in the PEM form";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return ": its certificate cannot be verified: SSL_CERT_FILE names the file of a private authority";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ": it is no http or https address";
    default:
      return {};
  }
}

}  // namespace

struct Client::Impl {
  ClientSettings settings;
  std::mutex mutex;
  std::vector<Handle> idle;  ///< each keeps its connections

  Handle take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return Handle(curl_easy_init());
    Handle handle = std::move(idle.back());
    idle.pop_back();
    return handle;
  }

  void give_back(Handle handle) {
    curl_easy_reset(handle.get());
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }

  HeaderList prepare(CURL* handle, const Request& request, Exchange& exchange) const;
  [[nodiscard]] base::Error failure(CURLcode code, const char* text, const Request& request, Exchange& exchange) const;
};

HeaderList Client::Impl::prepare(CURL* handle, const Request& request, Exchange& exchange) const {
  curl_slist* list = nullptr;
  const auto add = [&](const std::string& name, const std::string& value) {
    list = curl_slist_append(list, (name + ": " + value).c_str());
  };
  for (const auto& [name, value] : request.headers) add(name, value);
  for (const auto& [name, value] : request.secret_headers) add(name, value.reveal());
  add("Expect", "");  // no waiting for "100 Continue"

  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, request.secret_headers.empty() ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, settings.user_agent.c_str());
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");  // every coding that this curl can undo
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(settings.connect_seconds));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.silence_seconds));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!settings.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, settings.ca_file.c_str());
  if (request.method != "GET") {
    if (request.body_source) {
      curl_easy_setopt(handle, CURLOPT_POST, 1L);
      curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_body);
      curl_easy_setopt(handle, CURLOPT_READDATA, &exchange);
      curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_body);
      curl_easy_setopt(handle, CURLOPT_SEEKDATA, &exchange);
    } else {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    }
    const std::uint64_t size = request.body_source ? request.body_source->size : request.body.size();
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_for_stop);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);
  return HeaderList(list);
}

base::Error Client::Impl::failure(CURLcode code, const char* text, const Request& request, Exchange& exchange) const {
  if (exchange.error) return std::move(*exchange.error).with(shown_url(request.url));
  if (code == CURLE_ABORTED_BY_CALLBACK) return {base::ErrorCode::k_interrupted, "interrupted"};
  // curl's own texts can hold the whole address; its names of codes do not.
  const bool quotes_address = request.url.find('?') != std::string::npos;
  std::string what = *text == '\0' || quotes_address ? curl_easy_strerror(code) : text;
  if (may_be_tried_again(code))
    return base::Error(base::ErrorCode::k_unreachable, "no answer: " + what).with(shown_url(request.url));
  return base::Error(base::ErrorCode::k_remote, "cannot be asked: " + what + advice(code, settings.ca_file))
      .with(shown_url(request.url));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

base::Result<Client> Client::open(ClientSettings settings) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK)
    return base::Error(base::ErrorCode::k_internal,
                       std::string("the HTTP library cannot start: ") + curl_easy_strerror(started));
  if (!settings.ca_file.empty() && ::access(settings.ca_file.c_str(), R_OK) != 0)
    return base::Error(base::ErrorCode::k_not_found,
                       "the file of trusted authorities that SSL_CERT_FILE names cannot be read")
        .with(settings.ca_file);
  auto impl = std::make_unique<Impl>();
  impl->settings = std::move(settings);
  return Client(std::move(impl));
}

base::Result<Response> Client::send(const Request& request) const {
  Handle handle = impl_->take();
  if (!handle) return base::Error(base::ErrorCode::k_internal, "the HTTP library has no memory for a call");
  Exchange exchange{request, impl_->settings, {}, {}, 0};
  char text[CURL_ERROR_SIZE] = "";
  const HeaderList headers = impl_->prepare(handle.get(), request, exchange);
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, text);
  const CURLcode code = curl_easy_perform(handle.get());
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, nullptr);
  if (code != CURLE_OK) return impl_->failure(code, text, request, exchange);
  impl_->give_back(std::move(handle));
  return std::move(exchange.response);
}

}  // namespace trajectory::http
