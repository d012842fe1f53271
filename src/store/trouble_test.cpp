#include "store/trouble.h"

#include <gtest/gtest.h>

namespace trajectory::store {
namespace {

using arrow::Status;

TEST(Trouble, IsToldByTheTextsOfTheLibraries) {
  EXPECT_EQ(trouble_of(Status::IOError("AWS Error NO_SUCH_BUCKET during ListObjectsV2 operation: gone")),
            Trouble::k_no_bucket);
  EXPECT_EQ(trouble_of(Status::IOError("google::cloud::Status(PERMISSION_DENIED: Permanent error")), Trouble::k_denied);
  EXPECT_EQ(trouble_of(Status::IOError("ExceptionName: ExpiredToken Message: The provided token has expired.")),
            Trouble::k_expired);
  EXPECT_EQ(trouble_of(Status::IOError("UNAVAILABLE: ... CURL error [7]=Could not connect to server")),
            Trouble::k_unreachable);
  EXPECT_EQ(trouble_of(Status::IOError("AWS Error UNKNOWN (HTTP status 503) during HeadObject operation")),
            Trouble::k_busy);
  EXPECT_EQ(trouble_of(Status::IOError("something new")), Trouble::k_other);
}

TEST(Trouble, IsWaitedForOnlyWhenItMayPass) {
  EXPECT_TRUE(may_pass(Trouble::k_busy));
  EXPECT_FALSE(may_pass(Trouble::k_denied));
  EXPECT_FALSE(may_pass(Trouble::k_no_bucket));
  EXPECT_FALSE(may_pass(Trouble::k_expired));
}

TEST(ErrorOf, IsOneLineThatNamesThePlaceAndTheFix) {
  const auto error = error_of(Status::IOError("AWS Error ACCESS_DENIED during\nListObjectsV2 operation: Access Denied"),
                              Service::k_s3, "s3://b/x", {});
  EXPECT_EQ(error.code(), base::ErrorCode::k_remote);
  EXPECT_NE(error.text().find("AWS_ACCESS_KEY_ID"), std::string::npos);
  EXPECT_NE(error.text().find("(s3://b/x)"), std::string::npos);
  EXPECT_EQ(error.text().find('\n'), std::string::npos);
}

TEST(ErrorOf, MasksSecrets) {
  const auto error = error_of(Status::IOError("odd: sig=hush&x=hush"), Service::k_azure, "abfs://b", {"hush"});
  EXPECT_NE(error.text().find("sig=***&x=***"), std::string::npos);
  const auto url = error_of(Status::IOError("GET http://h/b?sv=1&sig=a%2Fb&x=1"), Service::k_azure, "abfs://b", {});
  EXPECT_NE(url.text().find("sv=1&sig=***&x=1"), std::string::npos);
}

}  // namespace
}  // namespace trajectory::store
