#include "sqlite/database.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <new>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace trajectory::sqlite {
namespace {

constexpr std::array<std::string_view, 1> k_first{"CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)"};
constexpr std::array<std::string_view, 2> k_second{k_first[0], "ALTER TABLE note ADD COLUMN size INTEGER DEFAULT 7"};

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("sqlite-") + testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string path_ = (folder_ / "x.db").string();
};

TEST_F(DatabaseTest, KeepsWhatWasBound) {
  {
    auto database = Database::open(path_, k_first);
    ASSERT_TRUE(database) << database.error().text();
    auto insert = database->prepare("INSERT INTO note VALUES (?1, ?2)");
    ASSERT_TRUE(insert);
    EXPECT_TRUE(insert->bind(std::int64_t{1}, "a\"ü").run());
    EXPECT_TRUE(insert->bind(std::int64_t{2}, std::optional<std::string>()).run());
    EXPECT_EQ(database->changes(), 1);
  }
  auto database = Database::open(path_, k_first);
  ASSERT_TRUE(database);
  auto rows = database->prepare("SELECT id, text FROM note ORDER BY id");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), 1);
  EXPECT_EQ(rows->text(1), "a\"ü");
  ASSERT_TRUE(*rows->step());
  EXPECT_TRUE(rows->is_null(1));
  EXPECT_FALSE(*rows->step());
}

TEST_F(DatabaseTest, IsReadableByItsOwnerAlone) {
  const auto database = Database::open(path_, k_first);
  ASSERT_TRUE(database);
  for (const char* name : {"x.db", "x.db-wal"}) {
    struct stat status{};
    ASSERT_EQ(stat((folder_ / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(DatabaseTest, RunsEachMigrationOnce) {
  ASSERT_TRUE(Database::open(path_, k_first)->execute("INSERT INTO note VALUES (1, 'old')"));
  ASSERT_TRUE(Database::open(path_, k_second));
  auto database = Database::open(path_, k_second);
  ASSERT_TRUE(database) << database.error().text();
  auto rows = database->prepare("SELECT size FROM note");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), 7);
  const auto older = Database::open(path_, k_first);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code(), base::ErrorCode::k_io);
}

TEST_F(DatabaseTest, TakesBackAFailedTransaction) {
  auto database = Database::open(path_, k_first);
  ASSERT_TRUE(database);
  const auto failed = database->transaction([&]() -> base::Status {
    TJ_TRY(database->execute("INSERT INTO note VALUES (1, 'x')"));
    return base::Error(base::ErrorCode::k_remote, "no");
  });
  EXPECT_EQ(failed.error().code(), base::ErrorCode::k_remote);
  auto rows = database->prepare("SELECT * FROM note");
  EXPECT_FALSE(*rows->step());
}

TEST_F(DatabaseTest, TakesBackATransactionThatIsLeftByAnException) {
  auto database = Database::open(path_, k_first);
  ASSERT_TRUE(database);
  const auto add = [&] { return database->execute("INSERT INTO note VALUES (1, 'x')"); };
  EXPECT_THROW((void)database->transaction([&]() -> base::Status {
    TJ_TRY(add());
    throw std::bad_alloc();
  }),
               std::bad_alloc);
  EXPECT_TRUE(database->transaction(add)) << "nothing is in the way of the next";
}

TEST_F(DatabaseTest, IsMadeOnceWhenSeveralOpenItAtTheSameMoment) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> failures(8);
    std::vector<std::thread> threads;
    const std::string path = path_ + std::to_string(round);
    for (std::string& failure : failures)
      threads.emplace_back([&] {
        if (const auto opened = Database::open(path, k_second); !opened) failure = opened.error().text();
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::string& failure : failures) EXPECT_EQ(failure, "");
  }
}

TEST_F(DatabaseTest, NamesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(4096, 'x');
  const auto database = Database::open(path_, k_first);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), base::ErrorCode::k_bad_format);
  EXPECT_NE(database.error().text().find("x.db"), std::string::npos);
}

}  // namespace
}  // namespace trajectory::sqlite
