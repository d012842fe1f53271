#include "build/error_sentence.h"

#include <gtest/gtest.h>

namespace trajectory::build {
namespace {

TEST(ErrorSentence, LeavesClassAndTracebackOut) {
  EXPECT_EQ(error_sentence("ValueError('no such day')\n\nTraceback (most recent call last):\n  File \"a.py\""),
            "no such day");
  EXPECT_EQ(error_sentence("KeyError(\"it's gone\")"), "it's gone");
  EXPECT_EQ(error_sentence("TypeError: x is undefined\n    at f (a.js:1:2)"), "x is undefined");
}

TEST(ErrorSentence, FindsTheExceptionBehindABareTraceback) {
  EXPECT_EQ(error_sentence("Traceback (most recent call last):\n  File \"a.py\", line 9, in b\nValueError: no seats\n"),
            "no seats");
}

TEST(ErrorSentence, KeepsWhatIsNoException) {
  EXPECT_EQ(error_sentence("the disk is full: try again"), "the disk is full: try again");
  EXPECT_EQ(error_sentence(""), "");
}

}  // namespace
}  // namespace trajectory::build
