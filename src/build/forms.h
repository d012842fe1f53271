#pragma once

#include <string_view>

#include "model/trajectory.h"

namespace trajectory::build {

/// What a model reads otherwise in `shown`, a message as a payload shows it, than in `kept`, the record's message;
/// empty when nothing. Text, parts, names and ids are compared to the letter, arguments as JSON values where both are
/// JSON. What the payload leaves out proves nothing: ids, a tool's name, reasoning, the mark of an error.
[[nodiscard]] std::string_view form_difference(const model::Message& kept, const model::Message& shown);

/// What the outputs payload holds otherwise than the record's answer. An answer whose origin is not verbatim may have
/// what only later requests or the tools' runs tell: text, parts, reasoning, a name, calls in place of garbled ones.
[[nodiscard]] std::string_view answer_difference(const model::TranscriptMessage& kept, const model::Message& said);

/// The form of `kept` that shows what `shown` does.
[[nodiscard]] model::Variant variant_of(const model::Message& kept, const model::Message& shown);

}  // namespace trajectory::build
