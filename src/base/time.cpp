#include "base/time.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace trajectory::base {

namespace {

/// Takes `count` digits off the front.
bool take_number(std::string_view& text, std::size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes a date off the front and gives it with dashes; empty when there is none.
std::string take_date(std::string_view& text) {
  std::string_view rest = text;
  int year = 0;
  int number = 0;
  if (!take_number(rest, 4, year)) return {};
  const bool dashes = take(rest, "-");
  std::string out(text.substr(0, 4));
  if (take(rest, "W")) {
    using namespace std::chrono;
    int day = 1;
    if (!take_number(rest, 2, number) || number < 1 || number > 53) return {};
    std::string_view behind = rest;
    if ((!dashes || take(behind, "-")) && take_number(behind, 1, day)) rest = behind;
    if (day < 1 || day > 7) return {};
    // The first week is the one that January 4 is in.
    const sys_days fourth = std::chrono::year(year) / January / 4;
    const days since_monday = weekday(fourth) - Monday;
    const year_month_day date = fourth - since_monday + weeks(number - 1) + days(day - 1);
    out = format_time(sys_days(date).time_since_epoch().count() * 86'400'000'000).substr(0, 10);
  } else {
    for (int part = 0; part < 2; ++part) {
      if ((part > 0 && dashes && !take(rest, "-")) || !take_number(rest, 2, number)) return {};
      out.append("-").append(rest.data() - 2, 2);
    }
  }
  text = rest;
  return out;
}

}  // namespace

std::optional<std::int64_t> parse_any_time(std::string_view text) {
  if (const auto usual = parse_time(text)) return usual;
  std::string whole = take_date(text);
  if (whole.empty()) return std::nullopt;
  if (text.empty()) return parse_time(whole);
  text.remove_prefix(1);  // whatever stands between date and time
  // "HHMMSS", "HHMM" and "HH", each with a zone.
  const std::size_t zone = std::min(text.find_first_of("Z+-"), text.size());
  std::string clock(text.substr(0, zone));
  if (clock.size() >= 6 && clock.find(':') == std::string::npos) clock.insert(4, ":");
  if (clock.size() >= 4 && clock[2] != ':') clock.insert(2, ":");
  if (clock.size() == 2) clock += ":00";
  return parse_time(whole.append("T").append(clock).append(text.substr(zone)));
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_number(text, 4, year) || !take(text, "-") || !take_number(text, 2, month) || !take(text, "-") ||
      !take_number(text, 2, day))
    return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, "T t")) {
    if (!take_number(text, 2, hour) || !take(text, ":") || !take_number(text, 2, minute)) return std::nullopt;
    if (take(text, ":") && !take_number(text, 2, second)) return std::nullopt;
    if (take(text, ".,")) {
      std::int64_t unit = 100'000;
      if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10)
        fraction += (text.front() - '0') * unit;
    }
  }
  std::int64_t offset = 0;
  if (!text.empty() && !take(text, "Zz")) {
    const bool west = text.front() == '-';
    int hours = 0;
    int minutes = 0;
    if (!take(text, "+-") || !take_number(text, 2, hours)) return std::nullopt;
    take(text, ":");
    if (!text.empty() && !take_number(text, 2, minutes)) return std::nullopt;
    offset = (hours * 60LL + minutes) * 60 * (west ? -1 : 1);
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t seconds =
      sys_days(date).time_since_epoch().count() * 86'400LL + hour * 3600LL + minute * 60LL + second - offset;
  return seconds * 1'000'000 + fraction;
}

std::string format_time(std::int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(micros)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out = "0000-00-00T00:00:00.000000Z";
  const auto put = [&](std::size_t end, std::int64_t number) {
    for (; number > 0; number /= 10) out[--end] = static_cast<char>('0' + number % 10);
  };
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, clock.hours().count());
  put(16, clock.minutes().count());
  put(19, clock.seconds().count());
  put(26, clock.subseconds().count());
  const auto year = static_cast<int>(date.year());
  if (year >= 0 && year <= 9999) put(4, year);
  else out.replace(0, 4, std::to_string(year));
  return out;
}

}  // namespace trajectory::base
