#include "live/access.h"

#include <gtest/gtest.h>

#include "live/workspace.h"

namespace trajectory::live {
namespace {

TEST(BaseUrl, TakesWhatUsersWrite) {
  const auto of = [](std::string_view written) {
    auto url = base_url(written);
    return url ? *url : "error: " + url.error().message();
  };
  EXPECT_EQ(of(""), "https://api.smith.langchain.com");
  EXPECT_EQ(of(" https://api.smith.langchain.com/ "), "https://api.smith.langchain.com");
  EXPECT_EQ(of("https://eu.api.smith.langchain.com/api/v1"), "https://eu.api.smith.langchain.com");
  EXPECT_EQ(of("https://langsmith.example.com/api"), "https://langsmith.example.com");
  EXPECT_EQ(of("https://langsmith.example.com/api/v1/"), "https://langsmith.example.com");
  EXPECT_EQ(of("https://example.com/langsmith/api/v1"), "https://example.com/langsmith");
  EXPECT_EQ(of("langsmith.example.com"), "https://langsmith.example.com");
  EXPECT_EQ(of("localhost:1984"), "http://localhost:1984");
  EXPECT_EQ(of("https://smith.langchain.com"), "https://api.smith.langchain.com");
  EXPECT_EQ(of("https://eu.smith.langchain.com/"), "https://eu.api.smith.langchain.com");
}

TEST(BaseUrl, RefusesSecretsAndOtherProtocolsWithoutShowingThem) {
  for (const char* written : {"https://user:hidden@host/api", "ftp://host", "https://host/?key=hidden"}) {
    const auto url = base_url(written);
    ASSERT_FALSE(url) << written;
    EXPECT_EQ(url.error().code(), base::ErrorCode::k_usage);
    EXPECT_EQ(url.error().text().find("hidden"), std::string::npos) << url.error().text();
  }
}

TEST(Uuid, IsTold) {
  EXPECT_TRUE(is_uuid("5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a10"));
  EXPECT_FALSE(is_uuid("5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a1"));
  EXPECT_FALSE(is_uuid("5f0c2f64 94f1-4d2f-9a3b-6f1f6d1f7a10"));
  EXPECT_FALSE(is_uuid("my-project"));
}

}  // namespace
}  // namespace trajectory::live
