#include "platform/requests/body.h"

#include "compress/decoder.h"

namespace trajectory::platform::requests {

LargeBodies::Place::~Place() {
  if (owner_ == nullptr) return;
  const std::scoped_lock hold(owner_->mutex_);
  ++owner_->free_;
  owner_->freed_.notify_one();
}

LargeBodies::Place LargeBodies::take() {
  std::unique_lock hold(mutex_);
  freed_.wait(hold, [&] { return free_ > 0; });
  --free_;
  return Place(this);
}

base::Result<Body> read_body(const Request& request, const Settings& settings, LargeBodies& places) {
  const auto coding = compress::coding_of(request.header("content-encoding"));
  if (!coding)
    return base::Error(base::ErrorCode::k_usage,
                       "unknown Content-Encoding: send the body as it is, as gzip or as zstd");
  const auto too_long = [&] {
    return base::Error(base::ErrorCode::k_too_large, "the body has more than " + std::to_string(settings.wire_bytes) +
                                                         " bytes: send smaller batches");
  };
  if (request.content_length.value_or(0) > settings.wire_bytes) return too_long();
  Body body;
  if (*coding == compress::Coding::k_identity && request.content_length) {
    if (*request.content_length > settings.small_body) body.place = places.take();
    body.text.reserve(*request.content_length);
  }
  compress::Decoder decoder(*coding, {.most_bytes = settings.body_bytes});
  std::uint64_t wire = 0;
  const auto keep = [&](std::string_view piece) -> base::Status {
    if (!body.place.held() && body.text.size() + piece.size() > settings.small_body) body.place = places.take();
    body.text.append(piece);
    return {};
  };
  base::Status taken = request.read_body([&](std::string_view piece) -> base::Status {
    wire += piece.size();
    if (wire > settings.wire_bytes) return too_long();
    return decoder.feed(piece, keep);
  });
  if (taken.ok()) taken = decoder.finish();
  if (!taken.ok()) return fault_of_client(std::move(taken).error());
  return body;
}

}  // namespace trajectory::platform::requests
