#include "langsmith/json_elements.h"

#include <gtest/gtest.h>

namespace trajectory::langsmith {
namespace {

TEST(LinesOf, KeepsAValueOverSeveralLinesTogether) {
  const auto lines = lines_of("{\"a\": 1}\n{\n  \"b\": 2\n}\n\n{\"c\": 3}");
  const std::vector<std::string_view> expected{"{\"a\": 1}", "{\n  \"b\": 2\n}", "", "", "", "{\"c\": 3}"};
  EXPECT_EQ(lines, expected);
}

TEST(LinesOf, TakesALongRunOfCutOffValuesLineByLine) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text.append("{\n");
  text.append("{\"whole\": true}\n");
  const auto lines = lines_of(text);
  ASSERT_EQ(lines.size(), 300'001U);
  EXPECT_EQ(lines.front(), "{");
  EXPECT_EQ(lines.back(), "{\"whole\": true}");
}

TEST(SplitValues, OpensPagesAndArrays) {
  const auto blocks = split_values(R"([{"runs": [{"id": "1"}, {"id": "2"}]}, {"id": "3"}])", 1 << 20);
  ASSERT_EQ(blocks.size(), 1U);
  const std::vector<std::string_view> expected{R"({"id": "1"})", R"({"id": "2"})", R"({"id": "3"})"};
  EXPECT_EQ(blocks[0].elements, expected);
}

}  // namespace
}  // namespace trajectory::langsmith
