#include "compress/compressor.h"

#include <string>
#include <zstd.h>

namespace trajectory::compress {

struct Compressor::Impl {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context;
  Sink sink;
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');

  base::Status run(std::string_view bytes, ZSTD_EndDirective mode) {
    if (!context) return base::Error(base::ErrorCode::k_internal, "zstd: out of memory");
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context.get(), &to, &from, mode);
      if (ZSTD_isError(left) != 0)
        return base::Error(base::ErrorCode::k_internal, std::string("zstd: ") + ZSTD_getErrorName(left));
      if (to.pos > 0) TJ_TRY(sink({out.data(), to.pos}));
      if (mode == ZSTD_e_end ? left == 0 : from.pos == from.size) return {};
    }
  }
};

Compressor::Compressor(Sink sink, int level) : impl_(std::make_unique<Impl>()) {
  impl_->sink = std::move(sink);
  impl_->context.reset(ZSTD_createCCtx());
  if (impl_->context) (void)ZSTD_CCtx_setParameter(impl_->context.get(), ZSTD_c_compressionLevel, level);
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;

base::Status Compressor::write(std::string_view bytes) { return impl_->run(bytes, ZSTD_e_continue); }
base::Status Compressor::finish() { return impl_->run({}, ZSTD_e_end); }

}  // namespace trajectory::compress
