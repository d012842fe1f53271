#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trajectory::base {

/// Reads decimal text ("0.000123450", "1e-7") as units of 1e-12, rounded half away from zero. None when it is no
/// number or beyond +-9.2 million.
[[nodiscard]] std::optional<std::int64_t> parse_picos(std::string_view text);

/// The nearest number of 1e-12 units. None when the value is no finite number or beyond +-9.2 million.
[[nodiscard]] std::optional<std::int64_t> picos_from_double(double value);

/// Units of 1e-12 as the shortest decimal text: "0.00012345", "12", "-0.5".
[[nodiscard]] std::string format_picos(std::int64_t picos);

}  // namespace trajectory::base
