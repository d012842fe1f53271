#include "json/value.h"

#include <string>

#include <gtest/gtest.h>

namespace trajectory::json {
namespace {

TEST(JsonValue, ReadsEveryKindAndChainsThroughAbsentMembers) {
  Parser parser;
  const auto parsed = parser.parse(R"({"a":[1,{"b":"x"}],"n":null,"t":true})");
  ASSERT_TRUE(parsed);
  const Value& v = **parsed;
  EXPECT_EQ(v["a"][1]["b"].text(), "x");
  EXPECT_EQ(v["a"][0].integer(), 1);
  EXPECT_TRUE(v["n"].is_null());
  EXPECT_TRUE(v["t"].is_true());
  EXPECT_TRUE(v["no"]["such"][7]["thing"].is_null());
  EXPECT_TRUE(v.has("n"));
  EXPECT_FALSE(v.has("no"));
}

TEST(JsonValue, KeepsTheSourceTextOfNumbersOfAnyLength) {
  Parser parser;
  const std::string digits(5000, '7');
  const auto parsed = parser.parse("[1.50," + digits + "]");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((**parsed)[0].text(), "1.50");
  EXPECT_EQ((**parsed)[1].text(), digits);
}

TEST(JsonValue, KeepsLoneSurrogates) {
  Parser parser;
  const auto parsed = parser.parse(R"("a\ud800b")");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((**parsed).text(),
            "a\xED\xA0\x80"
            "b");
}

TEST(JsonValue, GivesTheRawTextOfNestedContainers) {
  Parser parser;
  const auto parsed = parser.parse(R"({"a" : [ {"k" : [ ]} , 2 ] , "b":{}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((**parsed)["a"].raw(), R"([ {"k" : [ ]} , 2 ])");
  EXPECT_EQ((**parsed)["a"][0].raw(), R"({"k" : [ ]})");
  EXPECT_EQ((**parsed)["b"].raw(), "{}");
}

TEST(JsonValue, LeavesContainersBelowTheDepthUnopenedAndOpensThemLater) {
  Parser parser;
  const auto parsed = parser.parse(R"({"list":[{"role":"user"},"text"]})", 2);
  ASSERT_TRUE(parsed);
  const Value& list = (**parsed)["list"];
  ASSERT_EQ(list.items().size(), 2U);
  EXPECT_FALSE(list[0].expanded());
  EXPECT_EQ(list[0].raw(), R"({"role":"user"})");
  EXPECT_EQ(list[1].text(), "text");
  const auto opened = parser.expand(list[0]);
  ASSERT_TRUE(opened);
  EXPECT_EQ((**opened)["role"].text(), "user");
}

TEST(JsonValue, ExpandingOpensWhatAnOuterParseLeftClosedFartherIn) {
  Parser parser;
  const auto parsed = parser.parse(R"({"config":{"parts":[{"text":"deep"}]}})", 2);
  ASSERT_TRUE(parsed);
  const Value& config = (**parsed)["config"];
  EXPECT_TRUE(config.expanded());
  EXPECT_FALSE(config.whole());
  const auto opened = parser.expand(config);
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->whole());
  EXPECT_EQ((**opened)["parts"][0]["text"].text(), "deep");
  EXPECT_EQ(*parser.expand(config, 1), &config);
}

TEST(JsonValue, TheLastOfARepeatedKeyCounts) {
  Parser parser;
  const auto parsed = parser.parse(R"({"a":1,"a":2})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((**parsed)["a"].integer(), 2);
  EXPECT_EQ((**parsed).members().size(), 2U);
}

TEST(JsonValue, RefusesWhatIsNoJson) {
  Parser parser;
  for (const char* text :
       {"", "tru", "NaN", "[1,]", "{\"a\":1} x", "[01]", "{\"a\" 1}", "[[1,2],[3]", "\"open", "[1.]"}) {
    const auto parsed = parser.parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), base::ErrorCode::k_bad_format);
  }
}

TEST(JsonValue, RefusesNestingBeyondTheLimitWithAClearWord) {
  Parser parser;
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const auto parsed = parser.parse(deep);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message().find("nested too deeply"), std::string::npos) << parsed.error().message();
}

TEST(JsonValue, StaysValidWhileOtherTextsAreParsed) {
  Parser parser;
  const auto first = parser.parse(R"({"a":"one\n"})");
  ASSERT_TRUE(first);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(parser.parse(R"(["other\t",2,3])"));
  EXPECT_EQ((**first)["a"].text(), "one\n");
}

TEST(Parser, TakesNoTextAsNoJson) {
  Parser parser;
  EXPECT_FALSE(parser.parse(std::string_view()).ok());
  EXPECT_FALSE(parser.parse(" \n").ok());
}

TEST(Value, GivesNumbersAsFarAsTheyReach) {
  Parser parser;
  const Value& v = **parser.parse(R"([1.75, -2.5e3, 9223372036854775807, 9223372036854775808, 1e999, 1e-999, "1"])");
  EXPECT_EQ(v[0].as_double(), 1.75);
  EXPECT_EQ(v[0].as_integer(), 1);
  EXPECT_EQ(v[1].as_integer(), -2500);
  EXPECT_EQ(v[2].as_integer(), 9223372036854775807);
  EXPECT_EQ(v[3].as_integer(), std::nullopt);
  EXPECT_EQ(v[4].as_double(), std::nullopt);
  EXPECT_EQ(v[5].as_double(), 0.0);
  EXPECT_EQ(v[6].as_double(), std::nullopt);
}

TEST(Parser, MakesNoMoreValuesThanItIsAllowed) {
  Parser parser;
  parser.limit(4);
  EXPECT_TRUE(parser.parse("[1,2]"));
  const auto more = parser.parse(R"({"a":[1,2]})");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), base::ErrorCode::k_too_large);
  parser.reset();
  EXPECT_TRUE(parser.parse(R"({"a":[1,2]})"));
}

}  // namespace
}  // namespace trajectory::json
