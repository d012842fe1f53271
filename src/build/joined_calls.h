#pragma once

#include "build/slots.h"

namespace trajectory::build {

/// Parts the calls that a client ran together when it joined a stream (LangSmith's JavaScript client before it told
/// parallel calls apart): names in a row, arguments in a row. A later request usually shows them clean; where none
/// does, the names of the tools offered and the row of JSON objects say what they were. Ids but the first are lost.
/// Run it when all calls are linked.
void part_joined_calls(Work& work);

}  // namespace trajectory::build
