#include "live/access.h"

#include "base/text.h"
#include "http/url.h"

namespace trajectory::live {

namespace {

constexpr std::string_view k_cloud = "smith.langchain.com";

/// "eu.smith.langchain.com" is the page, "eu.api.smith.langchain.com" answers.
std::string api_host(std::string url) {
  const std::string host = http::host_of(url);
  if (!host.ends_with(k_cloud)) return url;
  const std::string region = host.substr(0, host.size() - k_cloud.size());
  if (region.ends_with("api.")) return url;
  return url.replace(base::lower_ascii(url).find(host), host.size(), region + "api." + std::string(k_cloud));
}

}  // namespace

base::Result<std::string> base_url(std::string_view written) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!written.empty() && blank(written.front())) written.remove_prefix(1);
  while (!written.empty() && blank(written.back())) written.remove_suffix(1);
  if (written.empty()) return "https://api." + std::string(k_cloud);
  std::string url(written);
  if (url.find("://") == std::string::npos) {
    const bool here = url.starts_with("localhost") || url.starts_with("127.0.0.1") || url.starts_with("[::1]");
    url.insert(0, here ? "http://" : "https://");
  }
  const std::string host = http::host_of(url);
  if (host.empty() || url.find_first_of("?#") != std::string::npos)
    return base::Error(base::ErrorCode::k_usage,
                       "LangSmith's address is no http or https URL: set LANGSMITH_ENDPOINT, "
                       "for example to https://eu.api.smith.langchain.com")
        .with(http::shown_url(url));
  if (url.find('@') != std::string::npos)
    return base::Error(base::ErrorCode::k_usage,
                       "LangSmith's address must not hold a user or password: the API key "
                       "goes into LANGSMITH_API_KEY")
        .with(http::shown_url(url));
  const auto strip = [&](std::string_view end) {
    while (url.ends_with('/')) url.pop_back();
    if (url.ends_with(end)) url.erase(url.size() - end.size());
    while (url.ends_with('/')) url.pop_back();
  };
  strip("/v1");
  strip("/v2");
  strip("/api");
  return api_host(std::move(url));
}

bool is_cloud(std::string_view url) { return http::host_of(url).ends_with(k_cloud); }

}  // namespace trajectory::live
