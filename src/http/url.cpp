#include "http/url.h"

#include "base/text.h"

namespace trajectory::http {

namespace {

/// User, host and port: what stands between "://" and the path.
std::string_view authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', k_digits[byte >> 4U], k_digits[byte & 15U]});
  }
  return out;
}

std::string with_query(std::string url, const std::vector<std::pair<std::string, std::string>>& query) {
  char separator = '?';
  for (const auto& [name, value] : query) {
    url.append(1, separator).append(name).append("=").append(percent_encoded(value));
    separator = '&';
  }
  return url;
}

std::string shown_url(std::string_view url) {
  std::string out(url.substr(0, url.find_first_of("?#")));
  const std::string_view authority = authority_of(out);
  const std::size_t user = authority.rfind('@');
  if (user != std::string_view::npos) out.erase(out.find("://") + 3, user + 1);
  return out;
}

std::string host_of(std::string_view url) {
  const std::string lower = base::lower_ascii(url);
  if (!lower.starts_with("http://") && !lower.starts_with("https://")) return {};
  std::string_view host = authority_of(lower);
  host.remove_prefix(host.rfind('@') + 1);
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
  return std::string(host.substr(0, host.find(':')));
}

}  // namespace trajectory::http
