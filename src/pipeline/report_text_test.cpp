#include "pipeline/report_text.h"

#include <gtest/gtest.h>

namespace trajectory::pipeline {
namespace {

TEST(Figures, AreReadable) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(1000, "row"), "1,000 rows");
  EXPECT_EQ(counted(2, "trajectory", "trajectories"), "2 trajectories");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1500), "1.5 kB");
  EXPECT_EQ(human_bytes(2'500'000'000), "2.5 GB");
}

TEST(ListOf, ShowsSharesOfAWhole) {
  EXPECT_EQ(list_of({{"a", 1200}, {"b", 3}}), "a 1,200, b 3");
  EXPECT_EQ(list_of({{"a", 2}, {"b", 1}}, 3), "a 2 (67 %), b 1 (33 %)");
  EXPECT_EQ(list_of({}), "");
}

TEST(JsonPage, PutsOneMemberOnALine) {
  JsonPage page;
  page.number("rows", 3);
  page.counts("by kind", {{"a\nb", 1}, {"c", 2}});
  page.files("files", {{"x.parquet", 10, 3, {"tags"}}});
  EXPECT_EQ(page.text(),
            "{\n  \"rows\": 3,\n  \"by kind\": {\"a\\nb\": 1, \"c\": 2},\n  \"files\": [\n"
            "    {\"path\": \"x.parquet\", \"bytes\": 10, \"rows\": 3, \"missing_columns\": [\"tags\"]}\n  ]\n}\n");
}

}  // namespace
}  // namespace trajectory::pipeline
