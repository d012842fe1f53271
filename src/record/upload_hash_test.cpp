#include "record/upload_hash.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "json/write.h"
#include "record/contract.h"
#include "record/kept_contract.h"
#include "record/received_contract.h"

namespace trajectory::record {
namespace {

constexpr std::string_view k_body =
    R"({"task": {"id": "s:c", "conversation_id": "c", "num_turns": null}, "steps": [)"
    R"({"messages": [{"role": "user", "content": "hé \ud83d\ude00"}], "reward": null, "info": {}},)"
    R"({"messages": [{"role": "user", "content": "hé \ud83d\ude00"}, {"role": "assistant", "content": "x", "idx": 4}]}],)"
    R"( "reward": {"aggregated_value": 1.50, "components": [null, -0, 1e-7]}, "telemetry": {"source": "s"}, "idx": 3})";

constexpr std::string_view k_canonical =
    R"({"reward":{"aggregated_value":1.5,"components":[null,0,1e-07]},"steps":[)"
    R"({"info":{},"messages":[{"content":"hé 😀","role":"user"}]},)"
    R"({"messages":[{"content":"hé 😀","role":"user"},{"content":"x","role":"assistant"}]}],)"
    R"("task":{"conversation_id":"c","id":"s:c"}})";

std::string hash_of(std::string_view json) {
  const auto hash = upload_hash(json);
  EXPECT_TRUE(hash) << hash.error().text();
  return hash ? *hash : "";
}

std::string error_of(std::string_view json) {
  const auto hash = upload_hash(json);
  return hash ? "" : hash.error().text();
}

TEST(UploadHash, IsTheHashOfTheCanonicalTreeWithoutTelemetry) {
  EXPECT_EQ(hash_of(k_body), base::sha256_hex(k_canonical));
}

TEST(UploadHash, IsEqualForEqualContentInOtherWords) {
  EXPECT_EQ(hash_of(R"({"steps":[{"messages":[{"role":"a","role":"user"}]}],"task":{"id":"1","id":"x"},"error":null})"),
            hash_of(R"({ "task" : {"id":"\u0078"}, "steps":[ {"messages": [ {"role": "user"} ]} ], "telemetry": 4 })"));
}

TEST(UploadHash, IsAnotherForOtherContent) {
  std::string other(k_body);
  other.replace(other.find("\"x\""), 3, "\"y\"");
  EXPECT_NE(hash_of(other), hash_of(k_body));
  std::string more(k_body);
  more.replace(more.find("\"telemetry\""), 11, "\"unheard_of\"");
  EXPECT_NE(hash_of(more), hash_of(k_body)) << "a member that the contract does not know counts, too";
}

TEST(UploadHash, OfTheKeptFormIsTheSame) {
  json::Parser parser;
  const auto parsed = parser.parse(k_body, ReceivedContract::k_depth);
  ASSERT_TRUE(parsed);
  const auto received = ReceivedContract::read(**parsed, parser);
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ(received->messages().size(), 2U) << "a message that steps repeat stands once";
  EXPECT_EQ(received->step(1), (std::vector<std::uint32_t>{0, 1}));
  const auto hash = kept_upload_hash(received->kept());
  ASSERT_TRUE(hash) << hash.error().text();
  EXPECT_EQ(*hash, hash_of(k_body));
}

TEST(UploadHash, OfAFormThatWasKeptAndWrittenIsTheSame) {
  json::Parser parser;
  const auto parsed = parser.parse(k_body, ReceivedContract::k_depth);
  ASSERT_TRUE(parsed);
  const auto received = ReceivedContract::read(**parsed, parser);
  ASSERT_TRUE(received);
  std::string written;
  ASSERT_TRUE(emit_kept(received->kept(), [&](std::string_view piece) -> base::Status {
                written.append(piece);
                return {};
              }).ok());
  EXPECT_EQ(hash_of(written), hash_of(k_body));
  EXPECT_TRUE(written.starts_with("{\n  \"task\": {\n    \"id\": \"s:c\"")) << written;
  EXPECT_NE(written.find("\"source\": \"s\""), std::string::npos);
  EXPECT_NE(written.find("\"num_turns\": null"), std::string::npos);
}

TEST(UploadHash, OfARecordIsThatOfItsContractForm) {
  model::Trajectory record;
  record.conversation_id = "c";
  model::TranscriptMessage user;
  user.message.content = "ask";
  model::TranscriptMessage answer;
  answer.message.role = model::Role::k_assistant;
  answer.message.content = std::string(100'000, 'y');
  record.main.messages = {user, answer, user, answer};
  record.reward = model::Reward{0.5, {{"score", 0.5, 2}}};
  record.error = "the \"end\"";
  const ContractForm form(record);
  const auto own = form.upload_hash();
  ASSERT_TRUE(own);
  const auto kept = kept_upload_hash(form.delta());
  ASSERT_TRUE(kept) << kept.error().text();
  EXPECT_EQ(*own, *kept);
}

TEST(UploadHash, NamesThePlaceOfWhatIsNoTrajectory) {
  EXPECT_NE(error_of("[]").find("no object"), std::string::npos);
  EXPECT_NE(error_of(R"({"task":{}})").find("steps"), std::string::npos);
  EXPECT_NE(error_of(R"({"task":null,"steps":[]})").find("task"), std::string::npos);
  EXPECT_NE(error_of(R"({"task":{},"steps":[{"messages":{}}]})").find("steps[0].messages"), std::string::npos);
  EXPECT_NE(error_of(R"({"task":{},"steps":[{"messages":[]},{"messages":[1]}]})").find("steps[1].messages[0]"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"task":{},"steps":[],"messages":[]})").find("messages"), std::string::npos);
}

TEST(UploadHash, RefusesWhatIsBrokenDeepInsideAMessage) {
  EXPECT_NE(error_of(R"({"task":{},"steps":[{"messages":[{"a":{"b":[01]}}]}]})"), "");
  EXPECT_NE(error_of(R"({"task":{"a":{"b":{"c":[tru]}}},"steps":[]})"), "");
}

}  // namespace
}  // namespace trajectory::record
