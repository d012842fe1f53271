#include "regex/pattern.h"

#include <gtest/gtest.h>

namespace trajectory::regex {
namespace {

TEST(Pattern, FindsOneMatchAfterTheOther) {
  const auto pattern = Pattern::compile(R"((?<![a-z])k-[0-9]{2,})");
  ASSERT_TRUE(pattern) << pattern.error().text();
  const std::string_view text = "k-12 ak-34 k-5 (k-678";
  const auto first = pattern->find(text, 0);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->begin, 0U);
  EXPECT_EQ((*first)->end, 4U);
  const auto second = pattern->find(text, (*first)->end);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ(text.substr((*second)->begin, (*second)->end - (*second)->begin), "k-678");
  const auto third = pattern->find(text, (*second)->end);
  ASSERT_TRUE(third);
  EXPECT_FALSE(third->has_value());
}

TEST(Pattern, ReadsBytesThatAreNoText) {
  const auto pattern = Pattern::compile("b+");
  ASSERT_TRUE(pattern);
  const auto found = pattern->find(std::string_view("\xff\x00\xfe"
                                                    "b",
                                                    4),
                                   0);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->begin, 3U);
}

TEST(Pattern, IsRefusedWhereItIsNone) {
  const auto pattern = Pattern::compile("(a");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().code(), base::ErrorCode::k_internal);
}

TEST(Pattern, SaysWhenATextAsksForTooMuch) {
  const auto pattern = Pattern::compile("(?:a+a+)+[bc]");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->find(std::string(60, 'a'), 0));
}

}  // namespace
}  // namespace trajectory::regex
