#include "columnar/parquet_reader.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "columnar/table.h"

namespace trajectory::columnar {
namespace {

constexpr std::uint64_t k_rows = 3'000;

/// A file of one row group whose rows hold their number as text.
std::string numbered_rows() {
  const std::string path = (std::filesystem::temp_directory_path() / "trajectory_parquet_reader_test.parquet").string();
  auto writer = TableWriter::create(path, {{"number", FieldType::k_text, {}}});
  for (std::uint64_t row = 0; row < k_rows; ++row) {
    writer->row().text(std::to_string(row));
    EXPECT_TRUE(writer->end_row().ok());
  }
  EXPECT_TRUE(writer->close().ok());
  return path;
}

TEST(RowGroupReader, HandsEveryRowToOneOfSeveralThreads) {
  const std::string path = numbered_rows();
  const auto file = ParquetFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file));
  ASSERT_EQ(file->row_groups(), 1);
  const std::vector<std::string_view> columns = {"number"};
  auto rows = file->open_row_group(0, columns);
  ASSERT_TRUE(static_cast<bool>(rows));

  std::vector<std::vector<std::pair<std::uint64_t, std::string>>> taken(4);
  std::vector<std::thread> threads;
  for (auto& own : taken)
    threads.emplace_back([&] {
      RowBatch memory;
      const base::Status status = rows->read(memory, {7}, UINT64_MAX, [&](const RowBatch& batch) -> base::Status {
        for (std::size_t row = 0; row < batch.rows; ++row)
          own.emplace_back(batch.first_row + row, batch.columns[0][row].text);
        return {};
      });
      EXPECT_TRUE(status.ok());
    });
  for (std::thread& thread : threads) thread.join();
  std::filesystem::remove(path);

  std::vector<std::pair<std::uint64_t, std::string>> all;
  for (const auto& own : taken) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), k_rows);
  for (std::uint64_t row = 0; row < k_rows; ++row) EXPECT_EQ(all[row], std::pair(row, std::to_string(row)));
  EXPECT_EQ(rows->rows_decoded(), k_rows);
}

TEST(RowGroupReader, StopsWithTheConsumersError) {
  const std::string path = numbered_rows();
  const auto file = ParquetFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file));
  const std::vector<std::string_view> columns = {"number", "not there"};
  auto rows = file->open_row_group(0, columns);
  ASSERT_TRUE(static_cast<bool>(rows));
  RowBatch memory;
  const base::Status status = rows->read(memory, {100}, UINT64_MAX, [](const RowBatch& batch) -> base::Status {
    EXPECT_FALSE(batch.columns[1][0].present);
    return base::Error(base::ErrorCode::k_interrupted, "enough");
  });
  std::filesystem::remove(path);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "enough");
}

}  // namespace
}  // namespace trajectory::columnar
