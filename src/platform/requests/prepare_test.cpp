#include "platform/requests/prepare.h"

#include <gtest/gtest.h>

namespace trajectory::platform::requests {
namespace {

base::Result<Received> receive(const std::string& contract) {
  json::Parser parser;
  const auto parsed = parser.parse(contract, record::ReceivedContract::k_depth);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return receive_contract(**parsed, parser);
}

TEST(Receive, RefusesNamesThatListsShouldNotHold) {
  const auto named = [](std::size_t size) {
    return receive(R"({"task":{"conversation_id":")" + std::string(size, 'n') + R"("},"steps":[]})");
  };
  EXPECT_TRUE(named(1000));
  const auto refused = named(1001);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("conversation_id has more than 1000 bytes"), std::string::npos);
}

TEST(Receive, CountsNothingBeyondReason) {
  const auto received = receive(R"({"task":{"conversation_id":"c","num_turns":-3},"steps":[{"messages":[)"
                                R"({"role":"user","usage":{"total_tokens":9223372036854775807}},)"
                                R"({"role":"assistant","usage":{"total_tokens":1000000000000}},)"
                                R"({"role":"tool","usage":{"total_tokens":5}}]}]})");
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ(received->facts.tokens, 1'000'000'000'000);
  EXPECT_EQ(received->facts.turns, std::nullopt);
}

TEST(Receive, ShowsTheBeginningOfALongErrorAndKeepsItWhole) {
  const std::string error(100'000, 'e');
  const auto received = receive(R"({"task":{"conversation_id":"c"},"steps":[],"error":")" + error + "\"}");
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_LT(received->facts.error.size(), 3000U);
  EXPECT_NE(received->record.find(error), std::string::npos);
}

}  // namespace
}  // namespace trajectory::platform::requests
