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

/// A payload, what a message holds of it, and the census that comes of the two.
class Booking : public ::testing::Test {
 protected:
  const json::Value& payload(std::string_view text) { return **parser_.parse(text); }

  std::vector<std::string> settle(const json::Value& root, unsigned levels = k_message) {
    HeldTexts held;
    held.add(message_);
    std::vector<std::string> names;
    for (const Unknown& member : ledger_.settle(root, "message", levels, held)) names.push_back(member.name);
    EXPECT_TRUE(census_.adds_up());
    return names;
  }

  model::Message message_;
  Census census_;
  Ledger ledger_{census_};

 private:
  json::Parser parser_;
};

TEST_F(Booking, PutsEveryTextSomewhere) {
  const json::Value& value = payload(R"({"content":"four","id":"12","odd":["abc",{"x":"y"}]})");
  message_.content = "four";
  ledger_.message(value["content"]);
  ledger_.leftover("message", value["odd"]);
  EXPECT_EQ(settle(value), std::vector<std::string>{"message.odd"});
  EXPECT_EQ(census_.total_bytes, 10U);
  EXPECT_EQ(census_.message_bytes, 4U);
  EXPECT_EQ(census_.set_aside["id"].bytes, 2U);
  EXPECT_EQ(census_.unknown["message.odd"].bytes, 4U);
}

TEST_F(Booking, TakesNoReadersWordForATextThatTheMessageLacks) {
  const json::Value& value = payload(R"({"content":"said","more":"dropped"})");
  message_.content = "said";
  ledger_.message(value);
  EXPECT_EQ(settle(value), std::vector<std::string>{"message.more"});
  EXPECT_EQ(census_.message_bytes, 4U);
}

TEST_F(Booking, KnowsWhereAKeyHoldsNoMessageText) {
  const json::Value& value = payload(R"({"user":"Ada"})");
  EXPECT_EQ(settle(value, k_message | k_response), std::vector<std::string>{});
  EXPECT_EQ(settle(value), std::vector<std::string>{"message.user"});
}

TEST_F(Booking, FindsTextInEveryFormThatAMessageGivesIt) {
  const json::Value& value =
      payload(R"({"a":"line\nbreak \"x\"","b":"{\"k\": \"v w\"}","c":"data:image/png;base64,aGVsbG8=","d":"p  q"})");
  message_.parts =
      R"([{"t":"line\nbreak \"x\"","h":"333d6b3a3c1f5db6c9bdda5939b136986d170f4649172a68368d54ecb44c2ff2"}])";
  message_.content = "p q";
  message_.tool_calls.push_back({"", "", R"({"k":"v w"})"});
  ledger_.message(value);
  EXPECT_EQ(settle(value), std::vector<std::string>{});
}

}  // namespace
}  // namespace trajectory::messages
