#include "compress/decoder.h"

#include <string>
#include <vector>
#include <zlib.h>
#include <zstd.h>

#include "base/text.h"

namespace trajectory::compress {

namespace {

constexpr std::size_t k_piece = 256 << 10;
constexpr int k_window_log = 25;  // 32 MiB
constexpr int k_gzip_window = 15 + 16;

base::Error broken(std::string_view coding, std::string_view what) {
  return {base::ErrorCode::k_bad_format, "the body is not " + std::string(coding) + ": " + std::string(what)};
}

}  // namespace

std::optional<Coding> coding_of(std::string_view name) {
  const std::string lower = base::lower_ascii(name);
  if (lower.empty() || lower == "identity") return Coding::k_identity;
  if (lower == "gzip" || lower == "x-gzip") return Coding::k_gzip;
  if (lower == "zstd") return Coding::k_zstd;
  return std::nullopt;
}

struct Decoder::Impl {
  Coding coding;
  DecodeLimits limits;
  std::uint64_t coded = 0;
  std::uint64_t decoded = 0;
  bool between = true;  ///< frames: a body may end here
  std::vector<char> out;
  ZSTD_DCtx* zstd = nullptr;
  z_stream gzip{};

  Impl(Coding c, const DecodeLimits& l) : coding(c), limits(l) {
    if (coding != Coding::k_identity) out.resize(k_piece);
    if (coding == Coding::k_zstd) {
      zstd = ZSTD_createDCtx();
      ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, k_window_log);
    }
    if (coding == Coding::k_gzip) inflateInit2(&gzip, k_gzip_window);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    ZSTD_freeDCtx(zstd);
    if (coding == Coding::k_gzip) inflateEnd(&gzip);
  }

  base::Status hand_out(std::string_view piece, const Sink& sink) {
    decoded += piece.size();
    if (decoded > limits.most_bytes)
      return base::Error(base::ErrorCode::k_too_large, "the body has more than " + std::to_string(limits.most_bytes) +
                                                           " bytes: send smaller batches");
    if (decoded > limits.ratio_counts_from && decoded / limits.most_ratio > coded)
      return base::Error(base::ErrorCode::k_too_large,
                         "the body decodes to more than " + std::to_string(limits.most_ratio) +
                             " times its size: send it uncompressed or in smaller batches");
    return piece.empty() ? base::Status() : sink(piece);
  }

  base::Status feed_zstd(std::string_view bytes, const Sink& sink) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool full = false; in.pos < in.size || full;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_decompressStream(zstd, &to, &in);
      if (ZSTD_isError(left) != 0) return broken("zstd", ZSTD_getErrorName(left));
      between = left == 0;
      full = to.pos == to.size;
      TJ_TRY(hand_out({out.data(), to.pos}, sink));
    }
    return {};
  }

  base::Status feed_gzip(std::string_view bytes, const Sink& sink) {
    gzip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    gzip.avail_in = static_cast<uInt>(bytes.size());
    for (bool full = false; gzip.avail_in > 0 || full;) {
      gzip.next_out = reinterpret_cast<Bytef*>(out.data());
      gzip.avail_out = static_cast<uInt>(out.size());
      const int status = inflate(&gzip, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return broken("gzip", gzip.msg != nullptr ? gzip.msg : "malformed");
      full = gzip.avail_out == 0;
      between = status == Z_STREAM_END;
      TJ_TRY(hand_out({out.data(), out.size() - gzip.avail_out}, sink));
      if (between) {
        inflateReset(&gzip);
        full = false;
      } else if (status == Z_BUF_ERROR && !full) {
        break;
      }
    }
    return {};
  }
};

Decoder::Decoder(Coding coding, const DecodeLimits& limits) : impl_(std::make_unique<Impl>(coding, limits)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

base::Status Decoder::feed(std::string_view bytes, const Sink& sink) {
  constexpr std::size_t k_most = 1 << 30;  // what zlib's counters hold
  while (bytes.size() > k_most) {
    TJ_TRY(feed(bytes.substr(0, k_most), sink));
    bytes.remove_prefix(k_most);
  }
  impl_->coded += bytes.size();
  if (bytes.empty()) return {};
  if (impl_->coding == Coding::k_zstd) return impl_->feed_zstd(bytes, sink);
  if (impl_->coding == Coding::k_gzip) return impl_->feed_gzip(bytes, sink);
  return impl_->hand_out(bytes, sink);
}

base::Status Decoder::finish() {
  if (impl_->between) return {};
  return broken(impl_->coding == Coding::k_gzip ? "gzip" : "zstd", "it ends too early");
}

}  // namespace trajectory::compress
