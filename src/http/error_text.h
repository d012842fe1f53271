#pragma once

#include <string>

#include "base/secret.h"
#include "http/message.h"

namespace trajectory::http {

/// What an answer that is no success says, as a part of one line: the texts of its JSON (`detail`, `error`, ...), else
/// its body; no line ends, not endless, and never the key. Empty when it says nothing.
[[nodiscard]] std::string error_text(const Response& answer, const base::Secret& key);

/// Any text as such a part of a line.
[[nodiscard]] std::string one_line(std::string text, const base::Secret& key);

}  // namespace trajectory::http
