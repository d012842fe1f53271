#include "store/settings.h"

#include <algorithm>
#include <array>
#include <span>
#include <unistd.h>

#include "base/mapped_file.h"

namespace trajectory::store {

namespace {

constexpr auto k_gcs_names =
    std::to_array<std::string_view>({"anon", "endpoint_url", "key", "project", "secret", "token"});
constexpr auto k_s3_names =
    std::to_array<std::string_view>({"anon", "client_kwargs.endpoint_url", "client_kwargs.region",
                                     "client_kwargs.region_name", "endpoint_url", "key", "region", "secret", "token"});
constexpr auto k_azure_names =
    std::to_array<std::string_view>({"account_host", "account_key", "account_name", "anon", "client_id",
                                     "client_secret", "connection_string", "endpoint_url", "sas_token", "tenant_id"});

constexpr std::string_view k_hmac_host = "storage.googleapis.com";

base::Error wrong(std::string message) { return {base::ErrorCode::k_usage, std::move(message)}; }

std::span<const std::string_view> names_of(Service service) {
  switch (service) {
    case Service::k_gcs:
      return k_gcs_names;
    case Service::k_s3:
      return k_s3_names;
    case Service::k_azure:
      break;
  }
  return k_azure_names;
}

bool is_true(std::string_view text) { return text == "true" || text == "True" || text == "1" || text == "yes"; }

/// Options first, then the environment.
class Lookup {
 public:
  explicit Lookup(const Settings& settings) : settings_(settings) {}

  [[nodiscard]] std::string option(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (const auto found = settings_.options.find(name); found != settings_.options.end() && !found->second.empty())
        return found->second;
    return {};
  }
  [[nodiscard]] std::string variable(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (std::string value = settings_.variable(name); !value.empty()) return value;
    return {};
  }
  [[nodiscard]] std::string either(const char* option_name, std::initializer_list<const char*> variables) const {
    std::string value = option({option_name});
    return value.empty() ? variable(variables) : value;
  }

 private:
  const Settings& settings_;
};

base::Status set_endpoint(Access& access, std::string url, std::string_view default_scheme) {
  if (url.empty()) return {};
  access.scheme = default_scheme;
  for (const std::string_view scheme : {"http", "https"})
    if (url.starts_with(std::string(scheme) + "://")) {
      access.scheme = scheme;
      url.erase(0, scheme.size() + 3);
    }
  while (url.ends_with('/')) url.pop_back();
  // Everything that is no host and port: the value is not repeated, it may hold credentials.
  if (url.empty() || url.find_first_of("/@?# ") != std::string::npos)
    return wrong("endpoint_url: expected https://HOST or http://HOST:PORT, and nothing else");
  access.host = std::move(url);
  return {};
}

base::Status read_key_file(Access& access, const std::string& path) {
  const auto file = base::MappedFile::open(path);
  if (!file)
    return base::Error(
               base::ErrorCode::k_not_found,
               "token: no key file of a service account that can be read; give its path, anon or google_default")
        .with(path);
  access.service_account = file->bytes();
  if (access.service_account.find("service_account") != std::string::npos &&
      access.service_account.find("private_key") != std::string::npos)
    return {};
  return wrong("token: " + path +
               " is no key file of a service account: for another kind set GOOGLE_APPLICATION_CREDENTIALS to it");
}

base::Status take_gcs(Access& access, const Lookup& look) {
  access.key = look.option({"key"});
  access.secret = look.option({"secret"});
  std::string endpoint = look.option({"endpoint_url"});
  if (!access.key.empty() || !access.secret.empty()) {
    access.service = Service::k_s3;
    access.region = "auto";
    access.host = k_hmac_host;
    if (access.key.empty() || access.secret.empty()) return wrong("an HMAC key needs both, key and secret");
    return set_endpoint(access, std::move(endpoint), "https");
  }
  std::string token = look.option({"token"});
  if (endpoint.empty()) {
    endpoint = look.variable({"STORAGE_EMULATOR_HOST"});
    if (!endpoint.empty() && token.empty()) token = "anon";
  }
  TJ_TRY(set_endpoint(access, std::move(endpoint), "http"));
  if (token == "anon" || is_true(look.option({"anon"}))) access.anonymous = true;
  else if (token.starts_with('{')) access.service_account = token;
  else if (token.starts_with("ya29.")) access.access_token = token;
  else if (!token.empty() && token != "google_default" && token != "cloud") return read_key_file(access, token);
  return {};
}

base::Status take_s3(Access& access, const Lookup& look) {
  access.key = look.option({"key"});
  access.secret = look.option({"secret"});
  access.session_token = look.option({"token"});
  access.anonymous = is_true(look.option({"anon"})) || access.session_token == "anon";
  if (access.anonymous) access.session_token.clear();
  if (access.key.empty() != access.secret.empty())
    return wrong("s3 needs both, key and secret: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  access.region = look.option({"client_kwargs.region_name", "client_kwargs.region", "region"});
  std::string endpoint = look.option({"client_kwargs.endpoint_url", "endpoint_url"});
  if (endpoint.empty()) endpoint = look.variable({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (access.region.empty()) access.region = look.variable({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (access.region.empty() && !endpoint.empty()) access.region = "us-east-1";
  return set_endpoint(access, std::move(endpoint), "https");
}

/// "AccountName=...;AccountKey=...;BlobEndpoint=..."
std::string part_of(std::string_view connection, std::string_view name) {
  while (!connection.empty()) {
    const std::size_t end = std::min(connection.find(';'), connection.size());
    const std::string_view part = connection.substr(0, end);
    if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
      return std::string(part.substr(name.size() + 1));
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return {};
}

base::Status take_azure(Access& access, const Uri& uri, const Lookup& look) {
  const std::string connection = look.either("connection_string", {"AZURE_STORAGE_CONNECTION_STRING"});
  const auto pick = [&](const char* option, std::initializer_list<const char*> variables, std::string_view part) {
    std::string value = look.option({option});
    if (value.empty()) value = part_of(connection, part);
    return value.empty() ? look.variable(variables) : value;
  };
  access.account = uri.account;
  if (access.account.empty())
    access.account = pick("account_name", {"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"}, "AccountName");
  access.account_key = pick("account_key", {"AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"}, "AccountKey");
  access.sas_token = pick("sas_token", {"AZURE_STORAGE_SAS_TOKEN"}, "SharedAccessSignature");
  access.tenant = look.either("tenant_id", {"AZURE_STORAGE_TENANT_ID"});
  access.client = look.either("client_id", {"AZURE_STORAGE_CLIENT_ID"});
  access.client_secret = look.either("client_secret", {"AZURE_STORAGE_CLIENT_SECRET"});
  access.anonymous = is_true(look.either("anon", {"AZURE_STORAGE_ANON"}));
  if (access.account.empty())
    return wrong(
        "abfs needs the account: AZURE_STORAGE_ACCOUNT_NAME, account_name, or "
        "abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH");
  std::string endpoint = look.option({"endpoint_url", "account_host"});
  if (endpoint.empty()) endpoint = part_of(connection, "BlobEndpoint");
  // http://127.0.0.1:10000/ACCOUNT, as local servers have it: the account is added again by the library.
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.ends_with("/" + access.account)) endpoint.resize(endpoint.size() - access.account.size() - 1);
  return set_endpoint(access, std::move(endpoint), "https");
}

}  // namespace

std::vector<std::string> Access::secrets() const {
  std::vector<std::string> out;
  for (const std::string* value :
       {&secret, &session_token, &service_account, &access_token, &account_key, &sas_token, &client_secret})
    if (!value->empty()) out.push_back(*value);
  return out;
}

base::Status check_names(const Options& options) {
  constexpr std::array k_services{Service::k_gcs, Service::k_s3, Service::k_azure};
  for (const auto& [name, value] : options)
    if (std::ranges::none_of(k_services, [&](Service one) { return std::ranges::count(names_of(one), name) > 0; }))
      return wrong("storage option " + name + " means nothing for any kind of bucket: check its name");
  return {};
}

base::Result<Access> access_of(const Uri& uri, const Settings& settings) {
  const auto known = names_of(uri.service);
  for (const auto& [name, value] : settings.options) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const std::string_view one : known) list.append(list.empty() ? "" : ", ").append(one);
    return wrong("storage option " + name + " means nothing for " + uri.root + ": known are " + list);
  }
  Access out;
  out.service = uri.service;
  out.ca_file = settings.variable("SSL_CERT_FILE");
  if (!out.ca_file.empty() && ::access(out.ca_file.c_str(), R_OK) != 0)
    return base::Error(base::ErrorCode::k_not_found,
                       "the file of trusted authorities that SSL_CERT_FILE names cannot be read")
        .with(out.ca_file);
  const Lookup look(settings);
  switch (uri.service) {
    case Service::k_gcs:
      TJ_TRY(take_gcs(out, look));
      break;
    case Service::k_s3:
      TJ_TRY(take_s3(out, look));
      break;
    case Service::k_azure:
      TJ_TRY(take_azure(out, uri, look));
      break;
  }
  return out;
}

base::Status check_public(std::string_view name, std::string_view value) {
  const auto refuse = [&](std::string_view instead) {
    return wrong("--storage-option " + std::string(name) + ": a secret does not belong on a command line, set " +
                 std::string(instead));
  };
  if (name == "secret")
    return refuse(
        "AWS_SECRET_ACCESS_KEY (with AWS_ACCESS_KEY_ID; for a GCS HMAC key, use s3:// with "
        "endpoint_url=https://storage.googleapis.com)");
  if (name == "account_key") return refuse("AZURE_STORAGE_ACCOUNT_KEY");
  if (name == "sas_token") return refuse("AZURE_STORAGE_SAS_TOKEN");
  if (name == "connection_string") return refuse("AZURE_STORAGE_CONNECTION_STRING");
  if (name == "client_secret") return refuse("AZURE_STORAGE_CLIENT_SECRET");
  if (name != "token" || value == "anon" || value == "google_default" || value == "cloud") return {};
  if (value.ends_with(".json") && value.find('{') == std::string_view::npos) return {};
  return refuse(
      "GOOGLE_APPLICATION_CREDENTIALS (GCS) or AWS_SESSION_TOKEN (S3); only anon, google_default and the path "
      "of a key file (*.json) may stand here");
}

}  // namespace trajectory::store
