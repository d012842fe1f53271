#include "base/mapped_file.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file_stamp.h"

namespace trajectory::base {
namespace {

TEST(MappedFile, ReadsZerosWhereTheFileWasCutOff) {
  const std::string path = testing::TempDir() + "cut_off_while_mapped";
  std::ofstream(path) << std::string(1 << 20, 'x');
  const auto before = stamp_of(path);
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->bytes().front(), 'x');
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ(std::count(file->bytes().begin(), file->bytes().end(), 'x'), 10);
  EXPECT_EQ(file->bytes().back(), '\0');
  EXPECT_NE(stamp_of(path), before);
  std::filesystem::remove(path);
  EXPECT_EQ(stamp_of(path), std::nullopt);
}

TEST(MappedFileDeath, LeavesOtherBusErrorsAlone) {
  const std::string path = testing::TempDir() + "other_bus_error";
  std::ofstream(path) << "x";
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_EXIT(std::raise(SIGBUS), testing::KilledBySignal(SIGBUS), "");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace trajectory::base
