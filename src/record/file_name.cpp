#include "record/file_name.h"

#include <algorithm>

#include "base/sha256.h"
#include "base/text.h"
#include "json/value.h"

namespace trajectory::record {

FileName FileNames::next(std::string_view conversation_id, std::string_view project_id) {
  std::string name(conversation_id);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20; },
      '_');
  const bool impossible = name.empty() || name.front() == '.' || name.size() > 200 || !json::is_utf8(name);
  if (impossible) {
    std::string kept;
    for (const char c : name.substr(0, 100))
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_')
        kept.push_back(c);
    name = kept;
  }
  const bool renamed = impossible || !taken_.insert(base::lower_ascii(name)).second;
  if (renamed) {
    name += "-" + base::sha256_hex(std::string(project_id) + "\n" + std::string(conversation_id)).substr(0, 12);
    taken_.insert(base::lower_ascii(name));
  }
  return {std::move(name), renamed};
}

}  // namespace trajectory::record
