#include "cli/progress.h"

#include <sstream>

#include <gtest/gtest.h>

namespace trajectory::cli {
namespace {

TEST(Progress, WritesPlainLinesOnlyNowAndThenOutsideATerminal) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  {
    Progress progress(terminal, false);
    for (std::uint64_t done = 0; done < 1000; ++done) progress.show("reading", done, 1000);
  }
  EXPECT_EQ(err.str(), "");  // done before the first line was due
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace trajectory::cli
