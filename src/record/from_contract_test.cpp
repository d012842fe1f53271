#include "record/from_contract.h"

#include <gtest/gtest.h>

#include "json/value.h"
#include "record/contract.h"
#include "record/received_contract.h"
#include "record/record_json.h"
#include "record/upload_hash.h"

namespace trajectory::record {
namespace {

constexpr std::string_view k_body =
    R"({"task":{"id":"s:c","conversation_id":"c","total_tokens":12,"total_cost":0.25},"steps":[)"
    R"({"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image"}]}]},)"
    R"({"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image"}]},)"
    R"({"role":"assistant","content":null,"tool_calls":[{"name":"f","arguments":{"a":1.50},"id":"t1"}],)"
    R"("tool_definitions":[{"name":"f","description":"","parameters":{}}],"usage":{"total_tokens":12},)"
    R"("metadata":{"model":"m","time":"2026-11-29T10:00:00.000000Z"},"trainable_status":"trainable"},)"
    R"({"role":"tool","content":null,"tool_response":{"id":"t1","name":"f","arguments":{},"response":{"b":2},"error":"no"}}]}],)"
    R"("reward":{"aggregated_value":0.5,"components":[{"name":"n","value":0.5}]},"error":"late","trace_id":"tr"})";

model::Trajectory filled() {
  json::Parser parser;
  const auto parsed = parser.parse(k_body, ReceivedContract::k_depth);
  EXPECT_TRUE(parsed);
  const auto received = ReceivedContract::read(**parsed, parser);
  EXPECT_TRUE(received);
  model::Trajectory t;
  t.conversation_id = "c";
  t.contract = received->kept();
  EXPECT_TRUE(fill_from_contract(t).ok());
  return t;
}

TEST(FromContract, HoldsEachMessageOnceAndACallForEachAnswer) {
  const model::Trajectory t = filled();
  ASSERT_EQ(t.main.messages.size(), 3U);
  EXPECT_EQ(t.main.messages[0].message.content, "look");
  EXPECT_FALSE(t.main.messages[0].message.parts.empty());
  EXPECT_EQ(t.main.messages[1].message.tool_calls[0].arguments, R"({"a":1.50})");
  EXPECT_EQ(t.main.messages[1].trainable, model::TrainableStatus::k_trainable);
  EXPECT_EQ(t.main.messages[2].message.content, R"({"b":2})");
  EXPECT_EQ(t.main.messages[2].message.error, "no");
  ASSERT_EQ(t.main.calls.size(), 1U);
  EXPECT_EQ(t.main.calls[0].context, (std::vector<model::Range>{{0, 1}}));
  EXPECT_EQ(t.main.calls[0].answer, 1U);
  EXPECT_EQ(t.main.calls[0].model, "m");
  EXPECT_EQ(t.tool_definitions.size(), 1U);
  EXPECT_EQ(t.reward->aggregated_value, 0.5);
  EXPECT_EQ(t.error, "late");
  EXPECT_EQ(t.usage.total_tokens, 12);
  EXPECT_EQ(t.trace_ids, std::vector<std::string>{"tr"});
}

TEST(FromContract, ReadsBackAndKeepsItsHash) {
  const model::Trajectory t = filled();
  std::string line;
  append_record(line, t);
  json::Parser parser;
  const auto parsed = parser.parse(line, json::Parser::k_record_depth);
  ASSERT_TRUE(parsed);
  const auto read = read_record(**parsed);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->main, t.main);
  EXPECT_EQ(*ContractForm(*read).upload_hash(), *upload_hash(k_body));
}

}  // namespace
}  // namespace trajectory::record
