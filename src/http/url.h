#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trajectory::http {

/// The text with everything but letters, digits and "-._~" as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// `url?name=value&...`, values encoded.
[[nodiscard]] std::string with_query(std::string url, const std::vector<std::pair<std::string, std::string>>& query);

/// How a URL may be shown: without user, password, query and fragment, where signatures and keys stand.
[[nodiscard]] std::string shown_url(std::string_view url);

/// "api.smith.langchain.com" of "https://api.smith.langchain.com:443/x", in lower case; empty when it is no http URL.
[[nodiscard]] std::string host_of(std::string_view url);

}  // namespace trajectory::http
