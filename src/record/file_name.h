#pragma once

#include <set>
#include <string>
#include <string_view>

namespace trajectory::record {

struct FileName {
  std::string text;      ///< without `.json`
  bool renamed = false;  ///< it is not just the id with its slashes and control characters replaced
};

/// Names of the contract's files, for conversations of one folder.
class FileNames {
 public:
  /// The conversation's id with slashes and control characters replaced. A name that no file can have, or that another
  /// conversation has (file systems may ignore case), gets a suffix that depends on the conversation alone.
  [[nodiscard]] FileName next(std::string_view conversation_id, std::string_view project_id);

 private:
  std::set<std::string> taken_;
};

}  // namespace trajectory::record
