#include "messages/census.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "json/value.h"
#include "messages/ledger.h"

namespace trajectory::messages {
namespace {

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(Census, TheListOfKeysIsPublished) {
  std::ifstream file("docs/import.md");
  ASSERT_TRUE(file) << "run from the root of the checkout";
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  const std::size_t begin = page.rfind("```text\n");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(words(page.substr(begin + 8, page.rfind("```") - begin - 8)), words(census_keys()));
}

TEST(Census, BooksEveryTextSomewhere) {
  json::Parser parser;
  const auto value = parser.parse(R"({"content":"four","id":"12","odd":["abc",{"x":"y"}]})");
  ASSERT_TRUE(value);
  Census census;
  Ledger ledger(census);
  ledger.expect(**value);
  EXPECT_EQ(census.total_bytes, 10U);
  ledger.message((**value)["content"]);
  EXPECT_FALSE(census.adds_up());
  ledger.leftover("message", "id", (**value)["id"]);
  ledger.leftover("message", "odd", (**value)["odd"]);
  EXPECT_TRUE(census.adds_up());
  EXPECT_EQ(census.set_aside["id"].bytes, 2U);
  EXPECT_EQ(census.unknown["message.odd"].bytes, 4U);
}

}  // namespace
}  // namespace trajectory::messages
