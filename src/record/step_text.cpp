#include "record/step_text.h"

#include <algorithm>

namespace trajectory::record {

void StepText::Forms::add(const RenderedMessage& message) {
  indented.add(",\n        ", message.indented);
  canonical.add(",", message.canonical);
}

StepText::StepText(MessageRenderer& renderer, std::size_t messages) : renderer_(renderer) {
  for (std::uint32_t place = 0; place < messages; ++place) transcript_.add(renderer_.render(place, nullptr));
}

const StepText::Forms& StepText::other_form(std::uint32_t place, const model::Variant& variant) {
  const auto [found, added] = others_.try_emplace(&variant);
  if (added) found->second.add(renderer_.render(place, &variant));
  return found->second;
}

StepText::Pieces StepText::pieces(const Step& step, Joined Forms::* form) {
  Pieces out;
  for (const auto& [begin, end] : step.ranges)
    for (std::uint32_t place = begin; place < end;) {
      const auto variant = step.variants->lower_bound(place);
      const std::uint32_t as_it_stands = variant == step.variants->end() ? end : std::min(end, variant->first);
      if (place < as_it_stands) out.push_back((transcript_.*form).messages(place, as_it_stands));
      else out.push_back((other_form(place, variant->second).*form).messages(0, 1));
      place = std::max(as_it_stands, place + 1);
    }
  if (!out.empty()) out.front().remove_prefix(1);  // no comma before the first
  return out;
}

}  // namespace trajectory::record
