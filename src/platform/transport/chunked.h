#pragma once

#include <cstdint>
#include <functional>

#include "platform/requests/exchange.h"

namespace trajectory::platform::transport {

/// Reads a body in chunks to its end (RFC 9112, section 7.1); extensions and trailers are left aside. `read` gives up
/// to so many bytes, 0 or less at the client's end. Strict, since what follows a body that ends early would be taken
/// for another request. Errors: k_bad_format (malformed, or cut off), the sink's.
[[nodiscard]] base::Status read_chunked(const std::function<std::int64_t(char* to, std::size_t size)>& read,
                                        const requests::Sink& sink);

}  // namespace trajectory::platform::transport
