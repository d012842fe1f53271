#pragma once

#include "build/slots.h"

namespace trajectory::build {

/// Marks the messages that stand for older ones: texts put before what a call still shares with the one it continues,
/// where that one had seen more; and, in a fresh context of a later turn, texts that quote an answer just given in the
/// same trace by a call of another lane (the summariser's).
void mark_summaries(Work& work);

}  // namespace trajectory::build
