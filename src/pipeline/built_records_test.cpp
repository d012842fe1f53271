#include "pipeline/built_records.h"

#include <gtest/gtest.h>

namespace trajectory::pipeline {
namespace {

TEST(BuiltRecords, ComeBackInAnyOrder) {
  auto file = base::ScratchFile::create(testing::TempDir());
  ASSERT_TRUE(file);
  BuiltRecords records(*file, 3);
  for (const std::size_t number : {2, 0}) {
    model::Trajectory trajectory;
    trajectory.conversation_id = "conversation \xED\xA0\x80 " + std::to_string(number);
    model::TranscriptMessage& message = trajectory.main.messages.emplace_back();
    message.message.content = std::string(100'000 * number, 'x');
    ASSERT_TRUE(records.put(number, trajectory).ok());
  }
  for (const std::size_t number : {0, 2}) {
    const auto trajectory = records.get(number);
    ASSERT_TRUE(trajectory);
    EXPECT_EQ(trajectory->conversation_id, "conversation \xED\xA0\x80 " + std::to_string(number));
    EXPECT_EQ(trajectory->main.messages.at(0).message.content.size(), 100'000 * number);
  }
  const auto never_built = records.get(1);
  ASSERT_FALSE(never_built);
  EXPECT_EQ(never_built.error().code(), base::ErrorCode::k_internal);
}

}  // namespace
}  // namespace trajectory::pipeline
