#include <zlib.h>
#include <zstd.h>

#include <gtest/gtest.h>

#include "compress/decoder.h"
#include "compress/frame.h"

namespace trajectory::compress {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// The text, fed in pieces of that size; the error's where there is one.
std::string decoded(Coding coding, std::string_view bytes, std::size_t piece, const DecodeLimits& limits = {}) {
  Decoder decoder(coding, limits);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (auto fed = decoder.feed(bytes.substr(at, piece),
                                [&](std::string_view text) -> base::Status {
                                  out.append(text);
                                  return {};
                                });
        !fed.ok())
      return "error: " + fed.error().text();
  const auto done = decoder.finish();
  return done.ok() ? out : "error: " + done.error().text();
}

std::string sample() {
  std::string out;
  for (int i = 0; i < 200'000; ++i) out += std::to_string(i * 7919);
  return out;
}

TEST(Decoder, GivesBackWhatWasCodedInPiecesOfAnySize) {
  const std::string text = sample();
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{4096}, std::size_t{7}}) {
    EXPECT_EQ(decoded(Coding::k_identity, text, piece), text);
    EXPECT_EQ(decoded(Coding::k_gzip, gzip(text), piece), text);
    EXPECT_EQ(decoded(Coding::k_zstd, zstd(text), piece), text);
  }
}

TEST(Decoder, ReadsSeveralFramesAndMembers) {
  EXPECT_EQ(decoded(Coding::k_gzip, gzip("one ") + gzip("two"), 5), "one two");
  EXPECT_EQ(decoded(Coding::k_zstd, zstd("one ") + zstd("two"), 5), "one two");
}

TEST(Decoder, RefusesWhatIsCutOrDamaged) {
  for (const auto& [coding, bytes] : {std::pair{Coding::k_gzip, gzip(sample())}, {Coding::k_zstd, zstd(sample())}}) {
    EXPECT_NE(decoded(coding, std::string_view(bytes).substr(0, bytes.size() / 2), 4096).find("ends too early"),
              std::string::npos);
    std::string damaged = bytes;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    EXPECT_TRUE(decoded(coding, damaged, 4096).starts_with("error")) << "a checksum or the coding shows it";
    EXPECT_TRUE(decoded(coding, "no such thing", 4096).starts_with("error"));
  }
}

TEST(Decoder, StopsAtTheLimits) {
  const std::string zeros(64 << 20, '0');
  EXPECT_NE(decoded(Coding::k_zstd, zstd(zeros), 4096, {.most_bytes = 1 << 20}).find("1048576 bytes"),
            std::string::npos);
  EXPECT_NE(decoded(Coding::k_zstd, zstd(zeros), 4096).find("2000 times"), std::string::npos);
  EXPECT_NE(decoded(Coding::k_identity, "12345", 2, {.most_bytes = 4}).find("4 bytes"), std::string::npos);
}

TEST(Coding, IsKnownByName) {
  EXPECT_EQ(coding_of("GZip"), Coding::k_gzip);
  EXPECT_EQ(coding_of(""), Coding::k_identity);
  EXPECT_EQ(coding_of("zstd"), Coding::k_zstd);
  EXPECT_EQ(coding_of("br"), std::nullopt);
}

TEST(Frames, ReadBackWhatTheyWriteAndNoticeDamage) {
  Frames frames;
  const std::string text = sample();
  std::string packed = frames.pack(text);
  EXPECT_LT(packed.size(), text.size());
  const auto back = frames.unpack(packed, text.size());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, text);
  EXPECT_EQ(*frames.unpack(frames.pack(""), 0), "");
  EXPECT_FALSE(frames.unpack(packed, text.size() - 1));
  packed[packed.size() - 2] = static_cast<char>(packed[packed.size() - 2] ^ 1);
  EXPECT_FALSE(frames.unpack(packed, text.size()));
  EXPECT_FALSE(frames.unpack("", 10));
}

}  // namespace
}  // namespace trajectory::compress
