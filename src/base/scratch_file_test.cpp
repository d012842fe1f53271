#include "base/scratch_file.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "base/threads.h"

namespace trajectory::base {
namespace {

TEST(ScratchFile, GivesBackWhatSeveralThreadsAppended) {
  auto file = ScratchFile::create(testing::TempDir());
  ASSERT_TRUE(file);
  constexpr std::size_t k_count = 500;
  std::vector<std::uint64_t> places(k_count);
  ASSERT_TRUE(parallel_for(4, k_count, [&](std::size_t i, unsigned) -> Status {
                auto place = file->append(std::string(i, static_cast<char>('a' + i % 26)));
                if (!place) return std::move(place).error();
                places[i] = *place;
                return {};
              }).ok());
  EXPECT_EQ(file->size(), k_count * (k_count - 1) / 2);
  for (std::size_t i = 0; i < k_count; ++i) {
    std::string text(i, '?');
    const auto got = file->read(places[i], text);
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, i);
    EXPECT_EQ(text, std::string(i, static_cast<char>('a' + i % 26)));
  }
}

TEST(ScratchFile, LeavesNothingInItsFolder) {
  const std::string folder = testing::TempDir() + "/scratch-folder";
  std::filesystem::create_directories(folder);
  auto file = ScratchFile::create(folder);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append("text"));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(ScratchFile, SaysWhichFolderIsNotThere) {
  const auto file = ScratchFile::create("/no/such/folder");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::k_io);
  EXPECT_NE(file.error().text().find("/no/such/folder"), std::string::npos);
  EXPECT_NE(file.error().text().find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace trajectory::base
