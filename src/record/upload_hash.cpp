#include "record/upload_hash.h"

#include "record/received_contract.h"

namespace trajectory::record {

base::Result<std::string> upload_hash(std::string_view contract_json) {
  json::Parser parser;
  const auto parsed = parser.parse(contract_json, ReceivedContract::k_depth);
  if (!parsed) return parsed.error();
  const auto received = ReceivedContract::read(**parsed, parser);
  if (!received) return received.error();
  return received->upload_hash();
}

base::Result<std::string> kept_upload_hash(std::string_view kept_json) {
  json::Parser parser;
  const auto parsed = parser.parse(kept_json, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  const auto received = ReceivedContract::read_kept(**parsed);
  if (!received) return received.error();
  return received->upload_hash();
}

}  // namespace trajectory::record
