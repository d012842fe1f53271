#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "platform/client/spool.h"

namespace trajectory::platform::client {

/// The body of a request, put together of texts and of stretches of spools, which must outlive it.
class Body {
 public:
  void add(std::string text);
  void add(const Spool& spool, std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// For a request; the body must outlive it.
  [[nodiscard]] http::BodySource source() const;
  /// The same bytes in one zstd frame. Errors: k_io.
  [[nodiscard]] base::Result<Spool> compressed(const std::string& folder) const;

 private:
  struct Piece {
    std::uint64_t begin = 0;  ///< place in the body
    std::uint64_t size = 0;
    std::string text;
    const Spool* spool = nullptr;  ///< in place of the text
    std::uint64_t offset = 0;      ///< in the spool
  };
  void add(Piece piece);
  [[nodiscard]] base::Result<std::size_t> read(std::uint64_t at, std::span<char> buffer) const;

  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

/// Takes the blanks between JSON's tokens away.
class Compactor {
 public:
  using Sink = std::function<base::Status(std::string_view)>;
  explicit Compactor(Sink sink) : sink_(std::move(sink)) {}
  [[nodiscard]] base::Status write(std::string_view json);
  [[nodiscard]] base::Status finish();

 private:
  Sink sink_;
  std::string out_;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace trajectory::platform::client
