#include "build/align.h"

#include <initializer_list>

#include <gtest/gtest.h>

namespace trajectory::build {
namespace {

using model::Role;

/// A sequence of messages and an input to hold against it, written as short texts: "u:hi" (user), "a:hello"
/// (assistant), "t1:result" (tool result of call 1), "c1" (assistant asking call 1); "c" and "t:" have no id.
class AlignTest : public testing::Test {
 protected:
  const messages::MessageEntry* entry(std::string_view text) {
    model::Message message;
    message.role = text[0] == 'u' ? Role::k_user : text[0] == 't' ? Role::k_tool : Role::k_assistant;
    if (text[0] == 'c')
      message.tool_calls.push_back({text.size() == 1 ? "" : "call_" + std::string(text.substr(1)), "look", "{}"});
    else message.content = text.substr(text.find(':') + 1);
    if (text[0] == 't' && text[1] != ':')
      message.tool_call_id = "call_" + std::string(text.substr(1, text.find(':') - 1));
    return work_.make(std::move(message));
  }

  std::vector<int> align_to(std::initializer_list<std::string_view> sequence,
                            std::initializer_list<std::string_view> input) {
    std::vector<SlotId> slots;
    for (const std::string_view text : sequence) {
      slots.push_back(work_.add_slot(entry(text), nullptr));
      if (text[0] == 'a' || text[0] == 'c') work_.slots.back().answer_of = 0;
    }
    std::vector<Seen> seen;
    for (const std::string_view text : input) seen.push_back({.entry = entry(text)});
    last_ = align(work_, slots, seen, in_new_trace_);
    std::vector<int> out;
    for (const std::uint32_t place : last_.to) out.push_back(place == k_none ? -1 : static_cast<int>(place));
    return out;
  }

  Conversation conversation_;
  messages::Tables tables_;
  Work work_{conversation_, tables_};
  Alignment last_;
  bool in_new_trace_ = false;
};

using Places = std::vector<int>;

TEST_F(AlignTest, ContinuesAWholeSequence) {
  EXPECT_EQ(align_to({"u:hi", "a:hello"}, {"u:hi", "a:hello", "u:more"}), (Places{0, 1, -1}));
  EXPECT_TRUE(last_.whole);
  EXPECT_TRUE(last_.evidence);
}

TEST_F(AlignTest, UserTextAloneProvesNothing) {
  align_to({"u:ping", "a:pong"}, {"u:ping"});
  EXPECT_FALSE(last_.evidence);
}

TEST_F(AlignTest, FindsTheEndOfTheSequenceAtTheStartOfAWindow) {
  EXPECT_EQ(align_to({"u:1", "a:2", "u:3", "a:4"}, {"u:3", "a:4", "u:5"}), (Places{2, 3, -1}));
  EXPECT_TRUE(last_.window);
}

TEST_F(AlignTest, TakesAnInputThatIsBothForAskedAgainInItsTraceAndForANewTurnInAnother) {
  const auto repeated = [&] {
    return align_to({"a:ok", "u:go", "a:ok", "u:go", "a:ok"}, {"a:ok", "u:go", "a:ok", "u:go"});
  };
  EXPECT_EQ(repeated(), (Places{0, 1, 2, 3}));
  in_new_trace_ = true;
  EXPECT_EQ(repeated(), (Places{2, 3, 4, -1}));
  EXPECT_TRUE(last_.window);
}

TEST_F(AlignTest, KnowsAQuestionAskedAgainInAnotherTraceWhereItsAnswerIsNotShown) {
  in_new_trace_ = true;
  EXPECT_EQ(align_to({"u:hi", "a:ok", "u:go", "a:gone"}, {"u:hi", "a:ok", "u:go"}), (Places{0, 1, 2}));
  EXPECT_EQ(align_to({"u:hi", "a:ok", "u:go", "a:ok"}, {"u:hi", "a:ok", "u:go"}), (Places{0, 1, 2}));
}

TEST_F(AlignTest, FindsTheWindowAmongRepeatedShortTexts) {
  EXPECT_EQ(align_to({"a:ok", "u:yes", "a:ok", "u:yes", "a:next?"}, {"a:ok", "u:yes", "a:next?", "u:yes"}),
            (Places{2, 3, 4, -1}));
}

TEST_F(AlignTest, FindsTheKeptTailBehindASummary) {
  EXPECT_EQ(align_to({"u:1", "a:2", "u:3", "a:4"}, {"u:summary of it all", "a:4", "u:5"}), (Places{-1, 3, -1}));
  EXPECT_TRUE(last_.evidence);
}

TEST_F(AlignTest, SharesTheBeginningWithABranch) {
  EXPECT_EQ(align_to({"u:1", "a:2", "u:add a museum", "a:4"}, {"u:1", "a:2", "u:add a museum and a cafe"}),
            (Places{0, 1, -1}));
  EXPECT_FALSE(last_.whole);
}

TEST_F(AlignTest, TakesAClearedToolResultAsAFormOfIt) {
  EXPECT_EQ(align_to({"u:1", "c1", "t1:long text", "a:4"}, {"u:1", "c1", "t1:[cleared]", "a:4", "u:5"}),
            (Places{0, 1, 2, 3, -1}));
}

TEST_F(AlignTest, TakesAnAugmentedUserTextAsAFormOfItWhenTheAnswerBehindItAgrees) {
  EXPECT_EQ(align_to({"u:context and question", "a:2"}, {"u:question", "a:2", "u:3"}), (Places{0, 1, -1}));
}

TEST_F(AlignTest, AnotherCallIdIsAnotherCallWhateverTheText) {
  // The summary stands where the first question stood; the first call has the text of the second, not its id.
  EXPECT_EQ(
      align_to({"u:1", "c1", "t1:same", "c2", "t2:same", "a:done"}, {"u:summary", "c2", "t2:same", "a:done", "u:2"}),
      (Places{-1, 3, 4, 5, -1}));
}

TEST_F(AlignTest, TakesTheLaterPlaceOfAnAnswerThatWasGivenTwice) {
  EXPECT_EQ(align_to({"u:1", "a:ok", "u:2", "c1", "t1:r", "a:ok"}, {"u:1", "a:ok", "u:2", "a:ok", "u:3"}),
            (Places{0, 1, 2, 5, -1}));
}

TEST_F(AlignTest, TakesASummaryForAMessageOfItsOwnWhateverStoodThere) {
  EXPECT_EQ(align_to({"u:where are the bears", "a:2"}, {"u:so far nothing", "a:2", "u:3"}), (Places{-1, 1, -1}));
}

TEST_F(AlignTest, TakesClearedResultsWithoutIdsAsFormsWhenWhatFollowsAgrees) {
  EXPECT_EQ(align_to({"u:1", "c", "t:one", "t:two", "a:4"}, {"u:1", "c", "t:[cleared]", "t:[cleared]", "a:4", "u:5"}),
            (Places{0, 1, 2, 3, 4, -1}));
}

TEST_F(AlignTest, SaysWhetherTheLastAnswerWasFoundWithItsIds) {
  align_to({"u:1", "c1"}, {"u:1", "c2", "t2:r"});
  EXPECT_EQ(last_.last_answer, 1u);
  align_to({"u:1", "c1"}, {"u:1", "c1", "t1:r"});
  EXPECT_EQ(last_.last_answer, 2u);
  align_to({"u:1", "c1"}, {"u:1", "a:other"});
  EXPECT_EQ(last_.last_answer, 0u);
}

TEST(SimilarText, TellsAClockFromAnotherText) {
  EXPECT_TRUE(similar_text("You plan trips.\nNow: 21:00:07", "You plan trips.\nNow: 21:03:07"));
  EXPECT_FALSE(similar_text("You are the front desk.", "Classify the message in one word."));
}

}  // namespace
}  // namespace trajectory::build
