#include "store/trouble.h"

#include <algorithm>
#include <array>

namespace trajectory::store {

namespace {

struct Sign {
  std::string_view text;
  Trouble trouble;
};

/// Texts of AWS SDK, google-cloud-cpp and the Azure SDK; the first that is found counts.
constexpr auto k_signs = std::to_array<Sign>({
    {"NO_SUCH_BUCKET", Trouble::k_no_bucket},
    {"ContainerNotFound", Trouble::k_no_bucket},
    {"InvalidBucketName", Trouble::k_no_bucket},
    {"ExpiredToken", Trouble::k_expired},
    {"EXPIRED_TOKEN", Trouble::k_expired},
    {"TokenRefreshRequired", Trouble::k_expired},
    {"invalid_grant", Trouble::k_expired},
    {"oken has expired", Trouble::k_expired},
    {"Could not create a OAuth2 access token", Trouble::k_no_credentials},
    {"DefaultAzureCredential", Trouble::k_no_credentials},
    {"ChainedTokenCredential", Trouble::k_no_credentials},
    {"PERMISSION_DENIED", Trouble::k_denied},
    {"UNAUTHENTICATED", Trouble::k_denied},
    {"ACCESS_DENIED", Trouble::k_denied},
    {"INVALID_ACCESS_KEY_ID", Trouble::k_denied},
    {"SIGNATURE_DOES_NOT_MATCH", Trouble::k_denied},
    {"AuthorizationFailure", Trouble::k_denied},
    {"AuthenticationFailed", Trouble::k_denied},
    {"AuthorizationPermissionMismatch", Trouble::k_denied},
    {"NoAuthenticationInformation", Trouble::k_denied},
    {"InvalidAuthenticationInfo", Trouble::k_denied},
    {"PublicAccessNotPermitted", Trouble::k_denied},
    {"HTTP status 403", Trouble::k_denied},
    {"HTTP status 401", Trouble::k_denied},
    {"HTTP status 400", Trouble::k_denied},  // of a HEAD, whose answer has no text: an expired or foreign token
    {"HTTP status 301", Trouble::k_wrong_endpoint},
    {"PermanentRedirect", Trouble::k_wrong_endpoint},
    {"AuthorizationHeaderMalformed", Trouble::k_wrong_endpoint},
    {"expected payload to be a JSON object", Trouble::k_wrong_endpoint},
    {"json input is not an object", Trouble::k_wrong_endpoint},
    {"RESOURCE_NOT_FOUND during ListObjects", Trouble::k_wrong_endpoint},
    {"certificate", Trouble::k_insecure},
    {"SSL", Trouble::k_insecure},
    {"URL error [60]", Trouble::k_insecure},
    {"curlCode: 60", Trouble::k_insecure},
    {"URL error [6]", Trouble::k_unreachable},
    {"URL error [7]", Trouble::k_unreachable},
    {"curlCode: 6,", Trouble::k_unreachable},
    {"curlCode: 7,", Trouble::k_unreachable},
    {"Fail to get a new connection", Trouble::k_unreachable},
    {"ould not resolve host", Trouble::k_unreachable},
    {"ould not connect to server", Trouble::k_unreachable},
    {"NO_SUCH_KEY", Trouble::k_not_found},
    {"NOT_FOUND", Trouble::k_not_found},
    {"BlobNotFound", Trouble::k_not_found},
    {"SLOW_DOWN", Trouble::k_busy},
    {"UNAVAILABLE", Trouble::k_busy},
    {"RESOURCE_EXHAUSTED", Trouble::k_busy},
    {"HTTP status 429", Trouble::k_busy},
    {"HTTP status 50", Trouble::k_busy},
    {"INTERNAL_FAILURE", Trouble::k_busy},
    {"NETWORK_CONNECTION", Trouble::k_busy},
});

std::string_view variables_of(Service service) {
  switch (service) {
    case Service::k_gcs:
      return "GOOGLE_APPLICATION_CREDENTIALS, or the option token";
    case Service::k_s3:
      return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the option anon";
    case Service::k_azure:
      break;
  }
  return "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or the option anon";
}

/// Puts stars in the place of every secret, and of the signatures that stand in signed URLs.
void mask(std::string& text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets)
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  for (const std::string_view name : {"sig=", "Signature="})
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + name.size())) {
      const std::size_t begin = at + name.size();
      const std::size_t end = std::min(text.find_first_of("& \"'", begin), text.size());
      text.replace(begin, end - begin, "***");
    }
}

/// What the library says, on one line, without what repeats or means nothing to people.
std::string detail_of(const arrow::Status& status, const std::vector<std::string>& secrets) {
  std::string text = status.message();
  if (const std::size_t at = text.find("last message of "); at != std::string::npos) text.erase(0, at + 16);
  if (const std::size_t at = text.find("underlying error message was: "); at != std::string::npos)
    text.erase(0, at + 30);
  if (const std::size_t at = text.find(" error_info={"); at != std::string::npos) text.resize(at);
  if (const std::size_t at = text.find(" (Request ID:"); at != std::string::npos) text.resize(at);
  mask(text, secrets);
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  constexpr std::size_t k_most = 240;
  if (text.size() > k_most) text = text.substr(0, k_most) + "...";
  return text;
}

}  // namespace

Trouble trouble_of(const arrow::Status& status) {
  const std::string text = status.ToString();
  for (const Sign& sign : k_signs)
    if (text.find(sign.text) != std::string::npos) return sign.trouble;
  return text.find("Path does not exist") != std::string::npos ? Trouble::k_not_found : Trouble::k_other;
}

bool may_pass(Trouble trouble) {
  return trouble == Trouble::k_busy || trouble == Trouble::k_unreachable || trouble == Trouble::k_other;
}

base::Error error_of(const arrow::Status& status, Service service, std::string place,
                     const std::vector<std::string>& secrets) {
  const std::string detail = detail_of(status, secrets);
  const std::string variables(variables_of(service));
  const auto failed = [&](std::string message) {
    return base::Error(base::ErrorCode::k_remote, std::move(message)).with(std::move(place));
  };
  switch (trouble_of(status)) {
    case Trouble::k_no_bucket:
      return base::Error(base::ErrorCode::k_not_found, "there is no such bucket: check its name, and the endpoint")
          .with(std::move(place));
    case Trouble::k_not_found:
      return base::Error(base::ErrorCode::k_not_found, "there is no such object: was it removed meanwhile?")
          .with(std::move(place));
    case Trouble::k_expired:
      return failed("the credentials have expired: sign in again, or set new ones (" + variables + "): " + detail);
    case Trouble::k_no_credentials:
      return failed("no credentials were found that work: set " + variables + ": " + detail);
    case Trouble::k_denied:
      return failed("access was denied: the credentials need the right to list and read; set " + variables + ": " +
                    detail);
    case Trouble::k_wrong_endpoint:
      return failed("this is not the bucket's endpoint: check endpoint_url and region: " + detail);
    case Trouble::k_unreachable:
      return failed("the object store cannot be reached: check endpoint_url and the network: " + detail);
    case Trouble::k_insecure:
      return failed("no secure connection to the object store: check endpoint_url (http or https) and certificates: " +
                    detail);
    case Trouble::k_busy:
      return failed("the object store failed again and again: try later: " + detail);
    case Trouble::k_other:
      break;
  }
  return failed("the object store failed: " + detail);
}

}  // namespace trajectory::store
