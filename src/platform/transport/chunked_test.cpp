#include "platform/transport/chunked.h"

#include <string>

#include <gtest/gtest.h>

namespace trajectory::platform::transport {
namespace {

struct Body {
  base::Status status;
  std::string text;
  std::string behind;  ///< what was not read
};

/// Reads a body of which each read gives `at_once` bytes at most.
Body read(std::string wire, std::size_t at_once = 1000) {
  Body out;
  std::size_t at = 0;
  out.status = read_chunked(
      [&](char* to, std::size_t size) {
        const std::size_t count = wire.copy(to, std::min(size, at_once), at);
        at += count;
        return static_cast<std::int64_t>(count);
      },
      [&](std::string_view piece) {
        out.text.append(piece);
        return base::Status();
      });
  out.behind = wire.substr(at);
  return out;
}

TEST(Chunked, EndsWhereTheLastChunkEnds) {
  for (const std::size_t at_once : {1, 2, 1000}) {
    const Body body = read("5\r\nhello\r\n00A ; name=\"value\"\r\n, people..\r\n0\r\nTrailer: x\r\n\r\nGET /", at_once);
    ASSERT_TRUE(body.status.ok()) << body.status.error().text();
    EXPECT_EQ(body.text, "hello, people..");
    EXPECT_EQ(body.behind, "GET /");
  }
}

TEST(Chunked, RefusesASizeThatIsNotThatOfTheChunk) {
  for (const char* wire : {"4\r\nhello\r\n0\r\n\r\n", "6\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
                           "5\r\nhello\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n",
                           " 5\r\nhello\r\n", "\r\n\r\n", "5\nhello\r\n", "FFFFFFFFFFFFFFFFF\r\nhello", "zz\r\n"}) {
    const Body body = read(wire);
    ASSERT_FALSE(body.status.ok()) << wire;
    EXPECT_EQ(body.status.error().code(), base::ErrorCode::k_bad_format) << wire;
  }
}

TEST(Chunked, TellsABodyThatIsCutOff) {
  const std::string whole = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Body body = read(whole.substr(0, size));
    ASSERT_FALSE(body.status.ok()) << size;
    EXPECT_EQ(body.status.error().text(), "the body did not come whole") << size;
  }
}

TEST(Chunked, BoundsWhatSurroundsTheChunks) {
  EXPECT_FALSE(read("5;" + std::string(100'000, 'x') + "\r\nhello\r\n0\r\n\r\n").status.ok());
  std::string trailers;
  for (int i = 0; i < 1000; ++i) trailers += "A: b\r\n";
  EXPECT_FALSE(read("0\r\n" + trailers + "\r\n").status.ok());
}

TEST(Chunked, EndsWithTheErrorOfWhoeverTakesIt) {
  const auto once = [wire = std::string("5\r\nhello\r\n"), at = std::size_t{0}](char* to, std::size_t size) mutable {
    const std::size_t count = wire.copy(to, size, at);
    at += count;
    return static_cast<std::int64_t>(count);
  };
  const base::Status status = read_chunked(
      once, [](std::string_view) -> base::Status { return base::Error(base::ErrorCode::k_too_large, "enough"); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().text(), "enough");
}

}  // namespace
}  // namespace trajectory::platform::transport
