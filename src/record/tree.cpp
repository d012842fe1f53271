#include "record/tree.h"

#include <algorithm>
#include <cstdlib>

#include "json/write.h"

namespace trajectory::record {

bool has_long_integer(const json::Value& value) {
  if (value.is_number())
    return value.text().size() - (value.text().front() == '-' ? 1 : 0) > k_most_digits &&
           value.text().find_first_of(".eE") == std::string_view::npos;
  for (const json::Value& item : value.items())
    if (has_long_integer(item)) return true;
  for (const json::Member& member : value.members())
    if (has_long_integer(member.value)) return true;
  return false;
}

Tree Tree::text(std::string_view text) {
  Tree out(Kind::k_text);
  out.text_ = text;
  return out;
}

Tree Tree::text_or_null(std::string_view text) { return text.empty() ? Tree() : Tree::text(text); }

Tree Tree::integer(std::optional<std::int64_t> value) {
  if (!value) return {};
  Tree out(Kind::k_literal);
  out.text_ = std::to_string(*value);
  return out;
}

Tree Tree::real(std::optional<double> value) {
  if (!value) return {};
  Tree out(Kind::k_literal);
  json::append_double(out.text_, *value);
  return out;
}

Tree Tree::boolean(bool value) {
  Tree out(Kind::k_literal);
  out.text_ = value ? "true" : "false";
  return out;
}

Tree Tree::from(const json::Value& value) {
  if (value.is_string()) return text(value.text());
  if (value.is_bool()) return boolean(value.is_true());
  if (value.is_number()) {
    const std::string number(value.text());
    if (number.find_first_of(".eE") != std::string::npos) return real(std::strtod(number.c_str(), nullptr));
    if (has_long_integer(value)) return text(number);
    Tree out(Kind::k_literal);
    out.text_ = number == "-0" ? "0" : number;
    return out;
  }
  if (value.is_array()) {
    Tree out = array();
    for (const json::Value& item : value.items()) out.add(from(item));
    return out;
  }
  if (value.is_object()) {
    Tree out = object();
    for (const json::Member& member : value.members()) out.add(member.key, from(member.value));
    return out;
  }
  return {};
}

/// A repeated key keeps its first place and its last value, as in Python.
Tree& Tree::add(std::string_view key, Tree value) & {
  if (members_.empty()) members_.reserve(k_usual);
  const auto known =
      std::find_if(members_.begin(), members_.end(), [&](const auto& member) { return member.first == key; });
  if (known != members_.end()) known->second = std::move(value);
  else members_.emplace_back(key, std::move(value));
  return *this;
}

Tree& Tree::add(Tree value) & {
  items_.push_back(std::move(value));
  return *this;
}

void Tree::write_indented(std::string& out, int depth) const {
  const auto line = [&](int level) { out.append("\n").append(static_cast<std::size_t>(2 * level), ' '); };
  switch (kind_) {
    case Kind::k_null:
      out.append("null");
      break;
    case Kind::k_literal:
      out.append(text_);
      break;
    case Kind::k_text:
      json::append_string(out, text_, json::Escapes::k_non_ascii);
      break;
    case Kind::k_object:
      out.push_back('{');
      for (std::size_t i = 0; i < members_.size(); ++i) {
        if (i > 0) out.push_back(',');
        line(depth + 1);
        json::append_string(out, members_[i].first, json::Escapes::k_non_ascii);
        out.append(": ");
        members_[i].second.write_indented(out, depth + 1);
      }
      if (!members_.empty()) line(depth);
      out.push_back('}');
      break;
    case Kind::k_array:
      out.push_back('[');
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) out.push_back(',');
        line(depth + 1);
        items_[i].write_indented(out, depth + 1);
      }
      if (!items_.empty()) line(depth);
      out.push_back(']');
      break;
  }
}

void Tree::write_canonical(std::string& out) const {
  switch (kind_) {
    case Kind::k_null:
      out.append("null");
      break;
    case Kind::k_literal:
      out.append(text_);
      break;
    case Kind::k_text:
      json::append_string(out, text_, json::Escapes::k_none);
      break;
    case Kind::k_object: {
      std::vector<const std::pair<std::string, Tree>*> sorted;
      sorted.reserve(members_.size());
      for (const auto& member : members_)
        if (!member.second.is_null() && member.first != "idx") sorted.push_back(&member);
      // UTF-8 sorts by code point.
      std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
      out.push_back('{');
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i > 0) out.push_back(',');
        json::append_string(out, sorted[i]->first, json::Escapes::k_none);
        out.push_back(':');
        sorted[i]->second.write_canonical(out);
      }
      out.push_back('}');
      break;
    }
    case Kind::k_array:
      out.push_back('[');
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) out.push_back(',');
        items_[i].write_canonical(out);
      }
      out.push_back(']');
      break;
  }
}

}  // namespace trajectory::record
