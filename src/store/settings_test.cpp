#include "store/settings.h"

#include <gtest/gtest.h>

namespace trajectory::store {
namespace {

/// The access to a place with these options in this environment.
base::Result<Access> access(std::string_view uri, Options options, std::map<std::string, std::string> variables = {}) {
  Settings settings;
  settings.options = std::move(options);
  settings.environment = [variables = std::move(variables)](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
  return access_of(*parse_uri(uri), settings);
}

TEST(Access, TakesAnEndpointApart) {
  const auto gcs = access("gs://b", {{"endpoint_url", "http://127.0.0.1:4443/"}, {"token", "anon"}});
  ASSERT_TRUE(gcs);
  EXPECT_EQ(gcs->scheme, "http");
  EXPECT_EQ(gcs->host, "127.0.0.1:4443");
  EXPECT_TRUE(gcs->anonymous);
  EXPECT_EQ(access("s3://b", {{"client_kwargs.endpoint_url", "https://minio.example"}})->scheme, "https");
  EXPECT_FALSE(access("s3://b", {{"endpoint_url", "https://host/path"}}));
  EXPECT_FALSE(access("s3://b", {{"endpoint_url", "https://key:secret@host"}}));
}

TEST(Access, FallsBackOnTheEnvironment) {
  const auto emulator = access("gs://b", {}, {{"STORAGE_EMULATOR_HOST", "127.0.0.1:4443"}});
  EXPECT_EQ(emulator->host, "127.0.0.1:4443");
  EXPECT_EQ(emulator->scheme, "http");
  EXPECT_TRUE(emulator->anonymous);
  const auto aws = access("s3://b", {}, {{"AWS_ENDPOINT_URL", "http://h:1"}, {"AWS_ENDPOINT_URL_S3", "http://s:2"}});
  EXPECT_EQ(aws->host, "s:2");
  EXPECT_EQ(aws->region, "us-east-1");
  EXPECT_EQ(access("s3://b", {{"region", "eu-west-1"}}, {{"AWS_REGION", "x"}})->region, "eu-west-1");
}

TEST(Access, ToAzureNeedsAnAccount) {
  EXPECT_FALSE(access("abfs://box/x", {}));
  EXPECT_EQ(access("abfs://box@acct.dfs.core.windows.net/x", {})->account, "acct");
  const auto local = access(
      "abfs://box/x", {},
      {{"AZURE_STORAGE_CONNECTION_STRING", "AccountName=dev;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/dev;"}});
  ASSERT_TRUE(local);
  EXPECT_EQ(local->account, "dev");
  EXPECT_EQ(local->account_key, "a2V5");
  EXPECT_EQ(local->host, "127.0.0.1:1");
  EXPECT_EQ(local->scheme, "http");
}

TEST(Access, ByAnHmacKeySpeaksS3) {
  const auto hmac = access("gs://b", {{"key", "GOOG"}, {"secret", "hush"}});
  ASSERT_TRUE(hmac);
  EXPECT_EQ(hmac->service, Service::k_s3);
  EXPECT_EQ(hmac->host, "storage.googleapis.com");
  EXPECT_EQ(hmac->secrets(), std::vector<std::string>{"hush"});
  EXPECT_FALSE(access("gs://b", {{"key", "GOOG"}}));
}

TEST(Access, RefusesAnOptionThatMeansNothing) {
  const auto wrong = access("gs://b", {{"account_key", "hush"}});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text().find("account_key means nothing for gs://b"), std::string::npos);
  EXPECT_EQ(wrong.error().text().find("hush"), std::string::npos);
}

TEST(CheckPublic, RefusesSecretsAndNamesTheVariable) {
  for (const char* name : {"secret", "account_key", "sas_token", "connection_string", "client_secret", "token"}) {
    const auto status = check_public(name, "hush");
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().text().find("hush"), std::string::npos);
    EXPECT_NE(status.error().text().find("set "), std::string::npos);
  }
  for (const char* value : {"anon", "google_default", "keys/key.json"}) EXPECT_TRUE(check_public("token", value));
  EXPECT_TRUE(check_public("endpoint_url", "http://127.0.0.1:1"));
}

}  // namespace
}  // namespace trajectory::store
