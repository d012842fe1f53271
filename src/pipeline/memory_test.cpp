#include "pipeline/memory.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace trajectory::pipeline {
namespace {

class CgroupLimit : public ::testing::Test {
 protected:
  CgroupLimit()
      : mount_(::testing::TempDir() + "cgroup-" + ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(mount_);
  }
  ~CgroupLimit() override { std::filesystem::remove_all(mount_); }

  void put(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(mount_ + "/" + file).parent_path());
    std::ofstream(mount_ + "/" + file) << text << "\n";
  }

  std::string mount_;
};

TEST_F(CgroupLimit, IsTheSmallestOnTheWayUp) {
  put("a/b/memory.max", "max");
  put("a/memory.max", "3000");
  put("memory.max", "5000");
  EXPECT_EQ(cgroup_memory_limit("0::/a/b\n", mount_), 3000U);
}

TEST_F(CgroupLimit, IsTheRootsWhereThePathIsNotShown) {
  put("memory.max", "7000");
  EXPECT_EQ(cgroup_memory_limit("0::/outside/the/container\n", mount_), 7000U);
  EXPECT_EQ(cgroup_memory_limit("0::/\n", mount_), 7000U);
}

TEST_F(CgroupLimit, IsFoundInVersion1) {
  put("memory/box/memory.limit_in_bytes", "4000");
  EXPECT_EQ(cgroup_memory_limit("5:cpu,cpuacct:/box\n4:memory:/box\n", mount_), 4000U);
}

TEST_F(CgroupLimit, IsNoneWhereNothingSaysSo) {
  EXPECT_EQ(cgroup_memory_limit("0::/a\n", mount_), std::nullopt);
  EXPECT_EQ(cgroup_memory_limit("no colon\n", mount_), std::nullopt);
  EXPECT_GT(usable_memory(), 1U << 20);
  EXPECT_GT(peak_memory(), 1U << 20);
}

TEST(MemoryToKeep, LeavesRoomForDecodingAndAtLeastHalf) {
  EXPECT_EQ(memory_to_keep(0, 4), 0U);
  EXPECT_EQ(memory_to_keep(1, 4), 1U);
  EXPECT_EQ(memory_to_keep(1000, 4), 500U);
  constexpr std::uint64_t k_gigabyte = 1 << 30;
  EXPECT_GT(memory_to_keep(k_gigabyte, 1), memory_to_keep(k_gigabyte, 4));
  EXPECT_GE(memory_to_keep(k_gigabyte, 64), k_gigabyte / 2);
  EXPECT_LT(memory_to_keep(64 * k_gigabyte, 1), 64 * k_gigabyte);
}

TEST(LargestValue, IsAShareOfTheMemoryAndNeverTooSmallForAMessage) {
  EXPECT_EQ(largest_value(std::uint64_t{64} << 30), std::uint64_t{2} << 30);
  EXPECT_EQ(largest_value(1000), 16U << 20);
  EXPECT_EQ(largest_value(0), UINT64_MAX);
}

}  // namespace
}  // namespace trajectory::pipeline
