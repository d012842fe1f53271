#include "store/uri.h"

#include <gtest/gtest.h>

namespace trajectory::store {
namespace {

TEST(Uri, IsTakenApart) {
  const auto uri = parse_uri("gs://bucket/a/b=1/");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->service, Service::k_gcs);
  EXPECT_EQ(uri->bucket, "bucket");
  EXPECT_EQ(uri->path, "a/b=1");
  EXPECT_EQ(uri->text("a/x y.parquet"), "gs://bucket/a/x y.parquet");
  EXPECT_EQ(parse_uri("s3://bucket")->path, "");
  EXPECT_EQ(parse_uri("s3a://bucket/x")->service, Service::k_s3);
}

TEST(Uri, OfAzureMayNameTheAccount) {
  const auto uri = parse_uri("abfss://box@acct.dfs.core.windows.net/runs");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->bucket, "box");
  EXPECT_EQ(uri->account, "acct");
  EXPECT_EQ(uri->text("runs"), "abfss://box@acct.dfs.core.windows.net/runs");
  EXPECT_EQ(parse_uri("abfs://box/runs")->account, "");
}

TEST(Uri, IsToldFromAPath) {
  EXPECT_TRUE(is_uri("gs://b"));
  EXPECT_FALSE(is_uri("/data/gs:/b"));
  EXPECT_FALSE(is_uri("export.parquet"));
}

TEST(Uri, WithCredentialsIsRefusedAndNotRepeated) {
  for (const char* text : {"s3://key:hush@bucket/x", "abfs://box/x?sig=hush", "gs://user@bucket/hush", "s3:///hush"}) {
    const auto uri = parse_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().code(), base::ErrorCode::k_usage);
    EXPECT_EQ(uri.error().text().find("hush"), std::string::npos);
  }
}

}  // namespace
}  // namespace trajectory::store
