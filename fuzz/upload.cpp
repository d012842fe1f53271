// A trajectory of an upload: any bytes are its text in the contract's form, or a native record. What is taken is
// stored, read back and indexed without loss.

#include "fuzz/check_record.h"
#include "json/value.h"
#include "platform/requests/prepare.h"
#include "platform/requests/question.h"
#include "record/received_contract.h"
#include "record/upload_hash.h"

namespace {

using namespace trajectory;
using platform::requests::Received;

/// Whether what is stored of it is the same when it is received again.
void check(const Received& received) {
  json::Parser parser;
  const auto again = platform::requests::receive_record(received.record, parser);
  fuzz::demand(again.ok());
  fuzz::demand(again->upload_hash == received.upload_hash);
  fuzz::demand(again->facts.conversation == received.facts.conversation);
  fuzz::demand(platform::requests::words_of(received.record).ok());
  const auto shown = platform::requests::parse_record(received.record);
  fuzz::demand(shown.ok());
  std::string text;
  record::append_record(text, *shown);
  const auto whole = platform::requests::receive_record(text, parser);
  fuzz::demand(whole.ok() && whole->upload_hash == received.upload_hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  json::Parser parser;
  if (const auto parsed = parser.parse(bytes, record::ReceivedContract::k_depth); parsed.ok()) {
    const auto received = platform::requests::receive_contract(**parsed, parser);
    const auto hash = record::upload_hash(bytes);
    fuzz::demand(received.ok() == hash.ok());
    if (received.ok()) {
      fuzz::demand(received->upload_hash == *hash);
      check(*received);
    }
  }
  if (const auto received = platform::requests::receive_record(bytes, parser); received.ok()) check(*received);
  return 0;
}
