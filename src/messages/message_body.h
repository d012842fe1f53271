#pragma once

#include "json/value.h"
#include "messages/ledger.h"
#include "messages/parts.h"

namespace trajectory::messages {

/// Reads one message object's members into a draft whose role is set. With `nested`, a content that is JSON text of
/// parts is opened with that parser. `levels` are those whose bookkeeping may stand among the members.
void read_body(const json::Value& body, Draft& draft, Ledger& ledger, json::Parser* nested, unsigned levels);

}  // namespace trajectory::messages
