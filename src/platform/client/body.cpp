#include "platform/client/body.h"

#include <algorithm>

#include "compress/compressor.h"

namespace trajectory::platform::client {

namespace {

constexpr std::size_t k_buffer = 128 << 10;

}  // namespace

void Body::add(Piece piece) {
  piece.begin = size_;
  size_ += piece.size;
  if (piece.size > 0) pieces_.push_back(std::move(piece));
}

void Body::add(std::string text) {
  const std::uint64_t size = text.size();
  add(Piece{0, size, std::move(text), nullptr, 0});
}

void Body::add(const Spool& spool, std::uint64_t offset, std::uint64_t size) {
  add(Piece{0, size, {}, &spool, offset});
}

base::Result<std::size_t> Body::read(std::uint64_t at, std::span<char> buffer) const {
  std::size_t done = 0;
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), at,
                                [](std::uint64_t place, const Piece& one) { return place < one.begin; });
  if (piece != pieces_.begin()) --piece;
  while (done < buffer.size() && piece != pieces_.end()) {
    const std::uint64_t inside = at - piece->begin;
    auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece->size - inside, buffer.size() - done));
    if (piece->spool == nullptr) {
      piece->text.copy(buffer.data() + done, count, static_cast<std::size_t>(inside));
    } else {
      auto read = piece->spool->read(piece->offset + inside, buffer.subspan(done, count));
      if (!read || *read == 0) return read;
      count = *read;
    }
    at += count;
    done += count;
    if (at == piece->begin + piece->size) ++piece;
  }
  return done;
}

http::BodySource Body::source() const {
  return {size_, [this](std::uint64_t offset, std::span<char> buffer) { return read(offset, buffer); }};
}

base::Result<Spool> Body::compressed(const std::string& folder) const {
  Spool out(folder);
  compress::Compressor compressor([&](std::string_view bytes) { return out.append(bytes); });
  std::string buffer(k_buffer, '\0');
  for (std::uint64_t at = 0; at < size_;) {
    auto count = read(at, buffer);
    if (!count) return std::move(count).error();
    TJ_TRY(compressor.write(std::string_view(buffer).substr(0, *count)));
    at += *count;
  }
  TJ_TRY(compressor.finish());
  return out;
}

base::Status Compactor::write(std::string_view json) {
  while (!json.empty()) {
    if (in_string_) {
      if (escaped_) {
        out_.push_back(json.front());
        json.remove_prefix(1);
        escaped_ = false;
        continue;
      }
      const std::size_t end = std::min(json.find_first_of("\"\\"), json.size());
      out_.append(json.substr(0, end));
      json.remove_prefix(end);
      if (json.empty()) break;
      escaped_ = json.front() == '\\';
      in_string_ = escaped_;
    } else {
      const std::size_t end = std::min(json.find_first_of("\" \n\r\t"), json.size());
      out_.append(json.substr(0, end));
      json.remove_prefix(end);
      if (json.empty()) break;
      in_string_ = json.front() == '"';
      if (!in_string_) {
        json.remove_prefix(1);
        continue;
      }
    }
    out_.push_back(json.front());
    json.remove_prefix(1);
  }
  if (out_.size() < k_buffer) return {};
  return finish();
}

base::Status Compactor::finish() {
  base::Status written = sink_(out_);
  out_.clear();
  return written;
}

}  // namespace trajectory::platform::client
