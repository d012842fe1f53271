#include "store/connect.h"

#include <any>
#include <array>
#include <chrono>
#include <dlfcn.h>
#include <filesystem>

#include <arrow/filesystem/azurefs.h>
#include <arrow/filesystem/gcsfs.h>
#include <arrow/util/uri.h>

#include "store/bucket.h"

namespace trajectory::store {

namespace {

using FileSystem = std::shared_ptr<arrow::fs::FileSystem>;

/// Seconds for which the GCS client tries again by itself; `Bucket` goes on from there.
constexpr double k_gcs_retry = 8;

/// The S3 library is beside libarrow and costs too much at the start of a program that does not need it.
arrow::Status load_s3() {
  static const arrow::Status loaded = [] {
    Dl_info arrow_library{};
    if (dladdr(reinterpret_cast<const void*>(&arrow::fs::EnsureFinalized), &arrow_library) == 0)
      return arrow::Status::IOError("the folder of the Arrow libraries cannot be found");
    std::string path = arrow_library.dli_fname;
    const std::size_t name = path.rfind("libarrow.so");
    if (name == std::string::npos) return arrow::Status::IOError("libarrow has another name: " + path);
    path.replace(name, std::string_view("libarrow").size(), "libarrow_s3");
    return arrow::fs::LoadFileSystemFactories(path.c_str());
  }();
  return loaded;
}

/// Where systems keep the authorities they trust: Debian, Fedora, openSUSE, Alpine.
constexpr std::array k_authorities{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                   "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

/// The libraries know the places of the system they were built on. Once a process: the first file that is named counts.
arrow::Status trust(const std::string& ca_file) {
  static const arrow::Status trusted = [&] {
    arrow::fs::FileSystemGlobalOptions options;
    options.tls_ca_file_path = ca_file;
    std::error_code error;
    for (const char* known : k_authorities)
      if (options.tls_ca_file_path.empty() && std::filesystem::exists(known, error)) options.tls_ca_file_path = known;
    return options.tls_ca_file_path.empty() ? arrow::Status() : arrow::fs::Initialize(options);
  }();
  return trusted;
}

/// Options that are no secrets go into the URI, the others beside it.
arrow::Result<FileSystem> connect_s3(const Access& access, const std::string& bucket) {
  ARROW_RETURN_NOT_OK(load_s3());
  std::string uri = "s3://" + bucket + "?scheme=" + access.scheme;
  if (!access.region.empty()) uri += "&region=" + arrow::util::UriEscape(access.region);
  if (!access.host.empty()) uri += "&endpoint_override=" + arrow::util::UriEscape(access.host);
  arrow::fs::FileSystemFactoryOptions options;
  if (access.anonymous) {
    // A request with an empty key is not signed.
    options = {{"access_key", std::any(std::string())}, {"secret_key", std::any(std::string())}};
  } else if (!access.key.empty()) {
    options = {{"access_key", std::any(access.key)}, {"secret_key", std::any(access.secret)}};
    if (!access.session_token.empty()) options.emplace_back("session_token", std::any(access.session_token));
  }
  return arrow::fs::FileSystemFromUriAndOptions(uri, options);
}

arrow::Result<FileSystem> connect_gcs(const Access& access) {
  using arrow::fs::GcsOptions;
  GcsOptions options;
  if (access.anonymous) options = GcsOptions::Anonymous();
  else if (!access.service_account.empty()) options = GcsOptions::FromServiceAccountCredentials(access.service_account);
  else if (!access.access_token.empty())
    options =
        GcsOptions::FromAccessToken(access.access_token, std::chrono::system_clock::now() + std::chrono::hours(1));
  else options = GcsOptions::Defaults();
  options.scheme = access.scheme;
  options.endpoint_override = access.host;
  options.retry_limit_seconds = k_gcs_retry;
  ARROW_ASSIGN_OR_RAISE(auto made, arrow::fs::GcsFileSystem::Make(options));
  return made;
}

arrow::Result<FileSystem> connect_azure(const Access& access) {
  arrow::fs::AzureOptions options;
  options.account_name = access.account;
  if (!access.host.empty()) {
    options.blob_storage_authority = options.dfs_storage_authority = access.host;
    options.blob_storage_scheme = options.dfs_storage_scheme = access.scheme;
  }
  if (access.anonymous) ARROW_RETURN_NOT_OK(options.ConfigureAnonymousCredential());
  else if (!access.account_key.empty()) ARROW_RETURN_NOT_OK(options.ConfigureAccountKeyCredential(access.account_key));
  else if (!access.sas_token.empty()) ARROW_RETURN_NOT_OK(options.ConfigureSASCredential(access.sas_token));
  else if (!access.client_secret.empty())
    ARROW_RETURN_NOT_OK(options.ConfigureClientSecretCredential(access.tenant, access.client, access.client_secret));
  else ARROW_RETURN_NOT_OK(options.ConfigureDefaultCredential());
  ARROW_ASSIGN_OR_RAISE(auto made, arrow::fs::AzureFileSystem::Make(options));
  return made;
}

}  // namespace

arrow::Result<FileSystem> connect(const Access& access, const std::string& bucket) {
  ARROW_RETURN_NOT_OK(trust(access.ca_file));
  switch (access.service) {
    case Service::k_gcs:
      return connect_gcs(access);
    case Service::k_s3:
      return connect_s3(access, bucket);
    case Service::k_azure:
      break;
  }
  return connect_azure(access);
}

void shut_down() { arrow::fs::EnsureFinalized(); }

}  // namespace trajectory::store
