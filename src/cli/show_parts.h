#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trajectory::cli {

/// The content parts of a message that are no text, a line each: media by kind, type, size and hash, as
/// "[image image/png 12.3 kB sha256:ab12cd34]", others as their JSON. Text parts are left out: the content has them.
[[nodiscard]] std::vector<std::string> shown_parts(std::string_view parts);

}  // namespace trajectory::cli
