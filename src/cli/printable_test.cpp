#include "cli/printable.h"

#include <gmock/gmock.h>

namespace trajectory::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Printable, ShowsControlCharactersInsteadOfObeyingThem) {
  EXPECT_EQ(printable("a\x1b[31mb\rc\x07"), "a^[[31mb^Mc^G");
  EXPECT_EQ(printable("\x7f"), "^?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\xEF\xBF\xBD"
            "31m");  // the one-character form of ESC [
  EXPECT_EQ(printable("two\nlines\t."), "two\nlines\t.");
  EXPECT_EQ(printable("two\nlines", true), "two lines");
  EXPECT_EQ(printable("grüß 😀"), "grüß 😀");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_THAT(printable("a\x9b"
                        "31m"),
              Not(HasSubstr("\x9b")));
  EXPECT_THAT(printable("\xED\xA0\x80"), Not(HasSubstr("\xED\xA0\x80")));
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(shortened("grüß", 3), "gr...");
  EXPECT_EQ(shortened("grüß", 4), "grü...");
  EXPECT_EQ(shortened("gr\nx", 10), "gr x");
}

}  // namespace
}  // namespace trajectory::cli
