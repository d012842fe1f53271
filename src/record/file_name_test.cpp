#include "record/file_name.h"

#include <utility>

#include <gtest/gtest.h>

namespace trajectory::record {
namespace {

TEST(FileNames, AreTheIdsWithoutSlashesAndControlCharacters) {
  FileNames names;
  for (const auto& [id, name] : {std::pair("plain", "plain"), std::pair("a/b\\c\nd", "a_b_c_d"), std::pair("é", "é")}) {
    const FileName found = names.next(id, "project");
    EXPECT_EQ(found.text, name);
    EXPECT_FALSE(found.renamed);
  }
}

TEST(FileNames, GetASuffixWhereNoFileCanHaveTheName) {
  FileNames names;
  for (const std::string& id : {std::string(""), std::string(".."), std::string(300, 'x'), std::string("a\xFF")}) {
    const FileName found = names.next(id, "project");
    EXPECT_TRUE(found.renamed) << id;
    EXPECT_LT(found.text.size(), 200U);
    EXPECT_NE(found.text.front(), '.');
    EXPECT_EQ(found.text, FileNames().next(id, "project").text) << "depends on the conversation alone";
  }
}

TEST(FileNames, AreTakenOnce) {
  FileNames names;
  EXPECT_EQ(names.next("a/b", "one").text, "a_b");
  const FileName other = names.next("A_B", "one");
  EXPECT_TRUE(other.renamed);
  EXPECT_TRUE(other.text.starts_with("A_B-"));
  EXPECT_NE(names.next("a_b", "two").text, other.text);
}

}  // namespace
}  // namespace trajectory::record
