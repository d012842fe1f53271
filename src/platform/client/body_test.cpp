#include "platform/client/body.h"

#include <gtest/gtest.h>

#include "compress/decoder.h"

namespace trajectory::platform::client {
namespace {

std::string all_of(const http::BodySource& source, std::size_t step) {
  std::string out;
  std::string buffer(step, '\0');
  while (out.size() < source.size) {
    const auto count = source.read(out.size(), buffer);
    if (!count || *count == 0) break;
    out.append(buffer, 0, *count);
  }
  return out;
}

std::string numbers(std::size_t bytes) {
  std::string out;
  for (int i = 0; out.size() < bytes; ++i) out += std::to_string(i) + ",";
  return out;
}

TEST(Spool, GivesBackWhatItTookFromMemoryAndFile) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100}, 3 * Spool::k_in_memory + 7}) {
    Spool spool("/tmp");
    const std::string whole = numbers(bytes);
    for (std::size_t at = 0; at < whole.size(); at += 70'000)
      ASSERT_TRUE(spool.append(std::string_view(whole).substr(at, 70'000)));
    EXPECT_EQ(spool.size(), whole.size());
    Body body;
    body.add(spool, 0, spool.size());
    EXPECT_EQ(all_of(body.source(), 99'991), whole);
  }
}

TEST(Spool, SaysThatItsFolderIsNotThere) {
  Spool spool("/no/such/folder");
  const auto status = spool.append(std::string(Spool::k_in_memory + 1, 'x'));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::ErrorCode::k_io);
}

TEST(Body, IsPutTogetherOfTextsAndStretches) {
  Spool spool("/tmp");
  ASSERT_TRUE(spool.append("0123456789"));
  Body body;
  body.add("[");
  body.add(spool, 2, 3);
  body.add("");
  body.add(",");
  body.add(spool, 9, 1);
  body.add("]");
  for (const std::size_t step : {1U, 2U, 3U, 100U}) EXPECT_EQ(all_of(body.source(), step), "[234,9]");
}

TEST(Body, IsCompressedIntoOneFrame) {
  Spool spool("/tmp");
  const std::string whole = numbers(500'000);
  ASSERT_TRUE(spool.append(whole));
  Body body;
  body.add("{");
  body.add(spool, 0, spool.size());
  body.add("}");
  auto frame = body.compressed("/tmp");
  ASSERT_TRUE(frame);
  EXPECT_LT(frame->size(), body.size() / 2);
  Body coded;
  coded.add(*frame, 0, frame->size());
  compress::Decoder decoder(compress::Coding::k_zstd, {});
  std::string out;
  ASSERT_TRUE(decoder.feed(all_of(coded.source(), 10'000), [&](std::string_view bytes) {
    out.append(bytes);
    return base::Status();
  }));
  ASSERT_TRUE(decoder.finish());
  EXPECT_EQ(out, "{" + whole + "}");
}

TEST(Compactor, TakesBlanksOutBetweenTokensAlone) {
  const std::string text = "{\n  \"a b\": [1, true , \"x \\\" \\\\\" ],\r\n\t\"\\\\\": \" \"\n}";
  const std::string compact = "{\"a b\":[1,true,\"x \\\" \\\\\"],\"\\\\\":\" \"}";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    std::string out;
    Compactor compactor([&](std::string_view bytes) {
      out.append(bytes);
      return base::Status();
    });
    for (std::size_t at = 0; at < text.size(); at += step)
      ASSERT_TRUE(compactor.write(std::string_view(text).substr(at, step)));
    ASSERT_TRUE(compactor.finish());
    EXPECT_EQ(out, compact) << step;
  }
}

}  // namespace
}  // namespace trajectory::platform::client
