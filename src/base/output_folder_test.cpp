#include "base/output_folder.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace trajectory::base {
namespace {

namespace fs = std::filesystem;

class OutputFolderTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }

  static void put(const fs::path& path) { std::ofstream(path) << "x"; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(root_), {}));
  }

  fs::path root_ = fs::temp_directory_path() / ("trajectory-output-test-" + std::to_string(getpid()));
  fs::path target_ = root_ / "out";
};

TEST_F(OutputFolderTest, AppearsWholeOnCommit) {
  auto folder = OutputFolder::create(target_.string(), false);
  ASSERT_TRUE(folder);
  put(folder->path() + "/a");
  EXPECT_FALSE(fs::exists(target_));
  ASSERT_TRUE(folder->commit().ok());
  EXPECT_TRUE(fs::exists(target_ / "a"));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFolderTest, LeavesNothingWithoutCommit) {
  {
    auto folder = OutputFolder::create(target_.string(), false);
    ASSERT_TRUE(folder);
    put(folder->path() + "/a");
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(OutputFolderTest, RefusesAFolderWithSomethingInIt) {
  fs::create_directory(target_);
  EXPECT_TRUE(OutputFolder::create(target_.string(), false));
  put(target_ / "mine");
  const auto folder = OutputFolder::create(target_.string(), false);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code(), ErrorCode::k_exists);
}

TEST_F(OutputFolderTest, ExchangesTheOldFolderWhenForced) {
  fs::create_directory(target_);
  put(target_ / "old");
  auto folder = OutputFolder::create(target_.string(), true);
  ASSERT_TRUE(folder);
  put(folder->path() + "/new");
  EXPECT_TRUE(fs::exists(target_ / "old"));
  ASSERT_TRUE(folder->commit().ok());
  EXPECT_TRUE(fs::exists(target_ / "new"));
  EXPECT_FALSE(fs::exists(target_ / "old"));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFolderTest, KeepsWhatAnotherPutThereMeanwhile) {
  auto folder = OutputFolder::create(target_.string(), false);
  ASSERT_TRUE(folder);
  fs::create_directory(target_);
  put(target_ / "theirs");
  const auto committed = folder->commit();
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().code(), ErrorCode::k_exists);
  EXPECT_TRUE(fs::exists(target_ / "theirs"));
}

TEST_F(OutputFolderTest, IsNeverThePresentFolderOrOneAroundIt) {
  for (const char* target : {".", "..", "/"}) {
    const auto folder = OutputFolder::create(target, true);
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code(), ErrorCode::k_usage);
  }
}

TEST_F(OutputFolderTest, KnowsWhatAFolderHoldsThroughLinks) {
  fs::create_directories(target_ / "below");
  fs::create_directory_symlink(target_, root_ / "link");
  EXPECT_TRUE(holds(target_.string(), (root_ / "link/below").string()));
  EXPECT_TRUE(holds(target_.string() + "/", target_.string()));
  EXPECT_FALSE(holds(target_.string(), (root_ / "outer").string()));
  EXPECT_FALSE(holds((target_ / "below").string(), target_.string()));
}

TEST_F(OutputFolderTest, WritesIntoAPipeAndLeavesIt) {
  const fs::path pipe = root_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(write_file(pipe.string(), "text").ok());
  std::string read_back(8, '\0');
  EXPECT_EQ(read(reader, read_back.data(), read_back.size()), 4);
  close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFolderTest, ReplacesTheFileBehindALink) {
  put(root_ / "file");
  fs::create_symlink(root_ / "file", root_ / "link");
  ASSERT_TRUE(write_file((root_ / "link").string(), "text").ok());
  EXPECT_TRUE(fs::is_symlink(root_ / "link"));
  EXPECT_EQ(fs::file_size(root_ / "file"), 4U);
  EXPECT_EQ(entries(), 2U);
}

TEST_F(OutputFolderTest, RefusesAFileInTheWay) {
  put(target_);
  EXPECT_FALSE(OutputFolder::create(target_.string(), true));
}

}  // namespace
}  // namespace trajectory::base
