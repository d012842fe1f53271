#include "store/uri.h"

#include <array>
#include <utility>

namespace trajectory::store {

namespace {

constexpr auto k_schemes = std::to_array<std::pair<std::string_view, Service>>({
    {"gs://", Service::k_gcs},
    {"gcs://", Service::k_gcs},
    {"s3://", Service::k_s3},
    {"s3a://", Service::k_s3},
    {"abfs://", Service::k_azure},
    {"abfss://", Service::k_azure},
    {"az://", Service::k_azure},
});

bool is_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-$";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

base::Error wrong(std::string_view scheme, std::string message) {
  return {base::ErrorCode::k_usage, std::string(scheme) + "...: " + std::move(message)};
}

}  // namespace

bool is_uri(std::string_view text) {
  for (const auto& [scheme, service] : k_schemes)
    if (text.starts_with(scheme)) return true;
  return false;
}

base::Result<Uri> parse_uri(std::string_view text) {
  for (const auto& [scheme, service] : k_schemes) {
    if (!text.starts_with(scheme)) continue;
    std::string_view rest = text.substr(scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    std::string_view path = slash < rest.size() ? rest.substr(slash + 1) : std::string_view();
    // A key or a signature in the URI would stand in reports and logs.
    const bool signs = path.find("sig=") != std::string_view::npos || path.find("Signature=") != std::string_view::npos;
    if (authority.find(':') != std::string_view::npos || signs)
      return wrong(scheme, "credentials do not belong in the URI: set them by environment variables (see the manual)");
    Uri out;
    out.service = service;
    out.root = std::string(scheme) + std::string(authority);
    const std::size_t at = authority.find('@');
    if (at != std::string_view::npos) {
      if (service != Service::k_azure)
        return wrong(scheme, "write " + std::string(scheme) + "BUCKET/PATH, without an @ in the bucket's name");
      const std::string_view host = authority.substr(at + 1);
      out.account = host.substr(0, host.find('.'));
      authority = authority.substr(0, at);
    }
    if (!is_name(authority))
      return wrong(scheme, service == Service::k_azure ? "the name of a container is missing, or is none"
                                                       : "the name of a bucket is missing, or is none");
    while (path.ends_with('/')) path.remove_suffix(1);
    while (path.starts_with('/')) path.remove_prefix(1);
    out.bucket = authority;
    out.path = path;
    return out;
  }
  return base::Error(base::ErrorCode::k_usage, "no URI of an object store");
}

}  // namespace trajectory::store
