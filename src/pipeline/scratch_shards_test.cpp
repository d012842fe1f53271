#include "pipeline/scratch_shards.h"

#include <set>

#include <gtest/gtest.h>

#include "base/threads.h"

namespace trajectory::pipeline {
namespace {

TEST(ScratchShards, GiveEveryPieceBackInItsPart) {
  auto file = base::ScratchFile::create(testing::TempDir());
  ASSERT_TRUE(file);
  constexpr unsigned k_workers = 3;
  constexpr std::size_t k_pieces = 20'000;
  constexpr std::size_t k_size = 200;  // so that buffers are written many times
  ScratchShards shards(*file, k_workers);
  ASSERT_TRUE(base::parallel_for(k_workers, k_pieces, [&](std::size_t i, unsigned worker) {
                std::string piece = std::to_string(i);
                piece.resize(k_size, '.');
                return shards.add(worker, i, piece);
              }).ok());
  ASSERT_TRUE(shards.finish().ok());
  std::set<std::size_t> met;
  for (std::size_t shard = 0; shard < ScratchShards::k_shards; ++shard) {
    const auto bytes = shards.read(shard);
    ASSERT_TRUE(bytes);
    for (std::size_t at = 0; at < bytes->size(); at += k_size) {
      const std::size_t number = std::stoul(bytes->substr(at, k_size));
      EXPECT_EQ(number % ScratchShards::k_shards, shard);
      EXPECT_TRUE(met.insert(number).second);
    }
  }
  EXPECT_EQ(met.size(), k_pieces);
}

}  // namespace
}  // namespace trajectory::pipeline
