#include "platform/requests/examine.h"

#include "platform/requests/prepare.h"

namespace trajectory::platform::requests {

base::Result<catalog::Examined> examine(catalog::Catalog& catalog,
                                        const std::function<void(const std::string&)>& fault) {
  const auto check = [](const std::string& record, const std::string& conversation,
                        const std::string& hash) -> std::string {
    json::Parser parser;
    const auto received = receive_record(record, parser);
    if (!received) return "its record cannot be read: " + received.error().text();
    if (received->upload_hash != hash) return "its record has other content than the catalog says";
    if (received->facts.conversation != conversation) return "its record is of another conversation";
    return {};
  };
  return catalog::examine(catalog, check, fault);
}

}  // namespace trajectory::platform::requests
