#include "base/time.h"

#include <gtest/gtest.h>

#include "base/decimal.h"

namespace trajectory::base {
namespace {

TEST(Time, ReadsEveryFormThatExportsWrite) {
  const std::int64_t expected = 1795348003812486;
  for (const char* text :
       {"2026-11-22T11:46:43.812486Z", "2026-11-22T11:46:43.812486", "2026-11-22 11:46:43.812486+00:00",
        "2026-11-22T13:46:43.812486+02:00", "2026-11-22T11:46:43.812486999"})
    EXPECT_EQ(parse_time(text), expected) << text;
  EXPECT_EQ(parse_time("2026-11-22"), 1795305600000000);
  EXPECT_EQ(parse_time("2026-11-22T11:46:43.5Z"), 1795348003500000);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "7d", "2026-13-01", "2026-11-31T00:00:00Z", "2026-11-22T25:00:00Z",
                           "2026-11-22T11:46:43.Z", "2026-11-22T11:46:43 nonsense"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Time, ReadsTheOtherFormsToo) {
  const auto is = [](const char* form, const char* usual) {
    ASSERT_TRUE(parse_any_time(form)) << form;
    EXPECT_EQ(parse_any_time(form), parse_time(usual)) << form;
  };
  is("2026-11-22T11:46:43.812486Z", "2026-11-22T11:46:43.812486Z");
  is("20261122", "2026-11-22");
  is("20261122T114643.5+0200", "2026-11-22T09:46:43.5Z");
  is("2026-11-22T1146", "2026-11-22T11:46:00Z");
  is("2026-11-22 11-05", "2026-11-22T16:00:00Z");
  is("2026-W47-7T11:46", "2026-11-22T11:46:00Z");
  is("2026W477", "2026-11-22");
  is("2026-W01", "2025-12-29");
  is("2020-W53-7", "2021-01-03");
  for (const char* text : {"", "2026", "2026-11", "2026-1122", "20261322", "2026-W00", "2026-W54-1", "2026-W01-8",
                           "2026-W01-1T", "2026W", "20261122T1", "20261122T114643+", "11:46"})
    EXPECT_FALSE(parse_any_time(text)) << text;
}

TEST(Time, WritesWhatItReads) {
  EXPECT_EQ(format_time(1795348003812486), "2026-11-22T11:46:43.812486Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(-62'167'219'200'000'000), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(253'402'300'800'000'000), "10000-01-01T00:00:00.000000Z");
}

TEST(Decimal, ReadsTextsAndDoublesAlike) {
  EXPECT_EQ(parse_picos("0.000123450"), 123'450'000);
  EXPECT_EQ(picos_from_double(0.00012345), 123'450'000);
  EXPECT_EQ(parse_picos("1e-7"), 100'000);
  EXPECT_EQ(parse_picos("-1.5"), -1'500'000'000'000);
  EXPECT_EQ(parse_picos("0.0000000000005"), 1);
  EXPECT_EQ(parse_picos("0.0000000000004"), 0);
  EXPECT_EQ(parse_picos("12E2"), 1'200'000'000'000'000);
}

TEST(Decimal, RefusesWhatIsNoAmount) {
  for (const char* text : {"", ".", "1.2.3", "abc", "1e", "99999999999"}) EXPECT_FALSE(parse_picos(text)) << text;
}

TEST(Decimal, WritesTheShortestText) {
  EXPECT_EQ(format_picos(123'450'000), "0.00012345");
  EXPECT_EQ(format_picos(-500'000'000'000), "-0.5");
  EXPECT_EQ(format_picos(12'000'000'000'000), "12");
}

}  // namespace
}  // namespace trajectory::base
