#include "base/error_table.h"

#include <set>

#include <gtest/gtest.h>

namespace trajectory::base {
namespace {

TEST(ErrorTable, HasOneRowForEveryCode) {
  std::set<ErrorCode> codes;
  for (const ErrorMeaning& row : k_error_table) EXPECT_TRUE(codes.insert(row.code).second);
  EXPECT_EQ(codes.size(), static_cast<std::size_t>(ErrorCode::k_internal) + 1);
}

TEST(ErrorTable, GivesDocumentedExitStatusesOnly) {
  for (const ErrorMeaning& row : k_error_table) {
    EXPECT_TRUE(row.exit_status >= 1 && row.exit_status <= 3);
    EXPECT_TRUE(row.http_status >= 400 && row.http_status < 600);
    EXPECT_STRNE(row.python_class, "");
  }
  EXPECT_EQ(meaning_of(ErrorCode::k_usage).exit_status, 2);
  EXPECT_EQ(meaning_of(ErrorCode::k_refused_data).exit_status, 3);
}

TEST(Error, TellsItsContextInOneLine) {
  EXPECT_EQ(Error(ErrorCode::k_io, "cannot read").with("x.parquet").with("row group 2").text(),
            "cannot read (x.parquet; row group 2)");
}

}  // namespace
}  // namespace trajectory::base
