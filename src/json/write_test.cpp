#include "json/write.h"

#include <string>

#include <gtest/gtest.h>

namespace trajectory::json {
namespace {

std::string written(std::string_view text, Escapes escapes = Escapes::k_surrogates) {
  std::string out;
  append_string(out, text, escapes);
  return out;
}

std::string canonical(std::string_view text) {
  Parser parser;
  const auto parsed = parser.parse(text);
  std::string out;
  append_canonical(out, **parsed);
  return out;
}

TEST(JsonWrite, EscapesAsPythonDoes) {
  EXPECT_EQ(written("a\"b\\c\n\t\x01\x7f/é"), "\"a\\\"b\\\\c\\n\\t\\u0001\x7f/é\"");
  EXPECT_EQ(written("é€😀\x7f", Escapes::k_non_ascii), R"("\u00e9\u20ac\ud83d\ude00\u007f")");
}

TEST(JsonWrite, EscapesWhereverInALongTextACharacterStands) {
  for (std::size_t at = 0; at < 24; ++at)
    for (const auto& [special, escaped] :
         {std::pair{"\"", "\\\""}, {"\\", "\\\\"}, {"\x1f", "\\u001f"}, {"\x7f", "\x7f"}, {"é", "é"}}) {
      const std::string before(at, '~');
      const std::string behind(24 - at, ' ');
      EXPECT_EQ(written(before + special + behind), "\"" + before + escaped + behind + "\"");
      EXPECT_EQ(written(before + "\x7f" + behind, Escapes::k_non_ascii), "\"" + before + "\\u007f" + behind + "\"");
    }
}

TEST(JsonWrite, WritesLoneSurrogatesAsEscapesAndBrokenBytesAsReplacement) {
  EXPECT_EQ(written("a\xED\xA0\x80"), R"("a\ud800")");
  EXPECT_EQ(written("a\xED\xA0\x80", Escapes::k_non_ascii), R"("a\ud800")");
  EXPECT_EQ(written("a\xED\xA0\x80é", Escapes::k_none), "\"a\xED\xA0\x80é\"");
  EXPECT_EQ(written("a\xFF"
                    "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(written("\xC3"), "\"\xEF\xBF\xBD\"");
}

TEST(JsonWrite, WritesDoublesAsPythonsRepr) {
  const auto repr = [](double value) {
    std::string out;
    append_double(out, value);
    return out;
  };
  EXPECT_EQ(repr(0.0), "0.0");
  EXPECT_EQ(repr(1e-7), "1e-07");
  EXPECT_EQ(repr(12.5), "12.5");
  EXPECT_EQ(repr(1e16), "1e+16");
  EXPECT_EQ(repr(0.0001), "0.0001");
  EXPECT_EQ(repr(-123456.789), "-123456.789");
  EXPECT_EQ(repr(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(JsonWrite, CanonicalFormIsEqualForEqualValues) {
  EXPECT_EQ(canonical(R"({"b":1,"a":[1.0,"\u00e9"]})"), canonical(R"({ "a" : [1, "é"], "b":1.00 })"));
  EXPECT_EQ(canonical(R"({"a":1,"a":2})"), canonical(R"({"a":2})"));
  EXPECT_NE(canonical("9007199254740993"), canonical("9007199254740992"));
  EXPECT_NE(canonical("123456789012345678901"), canonical("123456789012345678902"));
}

TEST(JsonWrite, CompactFormKeepsOrderAndNumbers) {
  Parser parser;
  const auto parsed = parser.parse(R"({ "b" : 1.50 , "a" : [ ] , "c" : "x\u0041" })");
  std::string out;
  append_compact(out, **parsed);
  EXPECT_EQ(out, R"({"b":1.50,"a":[],"c":"xA"})");
}

}  // namespace
}  // namespace trajectory::json
