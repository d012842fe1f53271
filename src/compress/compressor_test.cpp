#include "compress/compressor.h"

#include <string>
#include <zstd.h>

#include <gtest/gtest.h>

namespace trajectory::compress {
namespace {

TEST(Compressor, GivesOneFrameOfWhatCame) {
  std::string frame;
  Compressor compressor([&](std::string_view bytes) {
    frame.append(bytes);
    return base::Status();
  });
  std::string whole;
  for (int i = 0; i < 50'000; ++i) {
    const std::string piece = "piece " + std::to_string(i * 7919) + "\n";
    ASSERT_TRUE(compressor.write(piece));
    whole.append(piece);
  }
  ASSERT_TRUE(compressor.finish());
  EXPECT_LT(frame.size(), whole.size() / 2);
  std::string out(whole.size() + 1, '\0');
  out.resize(ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size()));
  EXPECT_EQ(out, whole);
}

TEST(Compressor, GivesAFrameOfNothing) {
  std::string frame;
  Compressor compressor([&](std::string_view bytes) {
    frame.append(bytes);
    return base::Status();
  });
  ASSERT_TRUE(compressor.finish());
  char out[1];
  EXPECT_EQ(ZSTD_decompress(out, sizeof out, frame.data(), frame.size()), 0U);
  EXPECT_FALSE(frame.empty());
}

TEST(Compressor, EndsWithTheSinksError) {
  Compressor compressor([](std::string_view) { return base::Status(base::Error(base::ErrorCode::k_io, "full")); });
  ASSERT_TRUE(compressor.write("x"));
  const auto status = compressor.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::ErrorCode::k_io);
}

}  // namespace
}  // namespace trajectory::compress
