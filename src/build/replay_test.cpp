#include "build/replay.h"

#include <gtest/gtest.h>

namespace trajectory::build {
namespace {

using model::Role;

/// A record of "hi" and "hello" (called with the context of the first) beside what a payload holds.
class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    record_ = {message(Role::k_user, "hi"), message(Role::k_assistant, "hello")};
    call_.context = {{0, 1}};
    call_.answer = 1;
    recorded_.input = {add(Role::k_user, "hi")};
    recorded_.answers = {{.message = add(Role::k_assistant, "hello"), .results = {}}};
  }

  static model::TranscriptMessage message(Role role, std::string text) {
    model::TranscriptMessage out;
    out.message.role = role;
    out.message.content = std::move(text);
    return out;
  }
  messages::MessageId add(Role role, std::string text) {
    return tables_.messages.add(message(role, std::move(text)).message);
  }
  std::string difference() {
    std::vector<const model::TranscriptMessage*> messages;
    for (const model::TranscriptMessage& one : record_) messages.push_back(&one);
    return Replay(messages, tables_.messages).difference(call_, run_, recorded_);
  }

  messages::Tables tables_;
  std::vector<model::TranscriptMessage> record_;
  model::ModelCall call_;
  messages::RunFacts run_;
  messages::CallFacts recorded_;
};

TEST_F(ReplayTest, SaysNothingWhereAllIsEqual) { EXPECT_EQ(difference(), ""); }

TEST_F(ReplayTest, NamesTheMessageItsRoleAndWhatDiffers) {
  record_[0].message.content = "ho";
  EXPECT_EQ(difference(), "message 0 (user): text");
}

TEST_F(ReplayTest, TakesTheFormThatTheCallSaw) {
  record_[0].message.content = "ho";
  call_.variants[0].content = "hi";
  EXPECT_EQ(difference(), "");
}

TEST_F(ReplayTest, GivesBothNumbersOfMessages) {
  recorded_.input = {add(Role::k_user, "hi"), add(Role::k_user, "still there?")};
  EXPECT_EQ(difference(), "number of messages: 1 regenerated, 2 in the payload");
  record_[0].message.content = "ho";
  EXPECT_EQ(difference(), "message 0 (user): text; number of messages: 1 regenerated, 2 in the payload");
}

TEST_F(ReplayTest, ComparesTheAnswerWithEveryCandidate) {
  record_[1].message.content = "good day";
  EXPECT_EQ(difference(), "answer (assistant): text");
  recorded_.answers.push_back({.message = add(Role::k_assistant, "good day"), .results = {}});
  EXPECT_EQ(difference(), "");
}

TEST_F(ReplayTest, AnAnswerIsMissingOnlyWhereItsStreamBrokeOff) {
  call_.answer.reset();
  EXPECT_EQ(difference(), "answer: the record has none");
  run_.failed = true;
  EXPECT_EQ(difference(), "");
}

}  // namespace
}  // namespace trajectory::build
