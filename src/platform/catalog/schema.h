#pragma once

#include <array>
#include <string_view>

namespace trajectory::platform::catalog {

/// The tables of catalog.db, one script a version. Times are microseconds since 1970 UTC.
///
/// A dataset's version counts the uploads that changed it. A trajectory is one version of a conversation: it stands in
/// the dataset from its version `added` up to, not including, `replaced`; without `replaced` it is the latest.
inline constexpr auto k_migrations = std::to_array<std::string_view>({R"(
CREATE TABLE datasets(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 0, conversations INTEGER NOT NULL DEFAULT 0);
CREATE TABLE versions(
  dataset INTEGER NOT NULL REFERENCES datasets(id), number INTEGER NOT NULL, created INTEGER NOT NULL,
  added INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY(dataset, number)) WITHOUT ROWID;
CREATE TABLE conversations(
  id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES datasets(id), name TEXT NOT NULL,
  public_id TEXT NOT NULL UNIQUE, latest INTEGER NOT NULL, UNIQUE(dataset, name));
CREATE INDEX conversations_by_name ON conversations(name);
CREATE TABLE payloads(
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, stored INTEGER NOT NULL,
  frame BLOB); -- null: a file of that name
CREATE TABLE trajectories(
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: the search index names it
  conversation INTEGER NOT NULL REFERENCES conversations(id), dataset INTEGER NOT NULL REFERENCES datasets(id),
  number INTEGER NOT NULL, added INTEGER NOT NULL, replaced INTEGER, created INTEGER NOT NULL,
  upload_hash TEXT NOT NULL, payload INTEGER NOT NULL REFERENCES payloads(id), trace_id TEXT, title TEXT NOT NULL,
  error TEXT, failed INTEGER NOT NULL, reward REAL, tokens INTEGER, cost REAL, turns INTEGER, steps INTEGER NOT NULL,
  messages INTEGER NOT NULL, tool_calls INTEGER NOT NULL, time INTEGER NOT NULL, end_time INTEGER);
CREATE INDEX trajectories_latest ON trajectories(dataset, id, failed, reward, tokens, time) WHERE replaced IS NULL;
CREATE INDEX trajectories_by_reward ON trajectories(dataset, reward) WHERE replaced IS NULL;
CREATE INDEX trajectories_by_tokens ON trajectories(dataset, tokens) WHERE replaced IS NULL;
CREATE INDEX trajectories_by_time ON trajectories(dataset, time) WHERE replaced IS NULL;
CREATE INDEX trajectories_by_version ON trajectories(dataset, added);
CREATE INDEX trajectories_replaced ON trajectories(dataset, replaced) WHERE replaced IS NOT NULL;
CREATE INDEX trajectories_of_conversation ON trajectories(conversation);
CREATE INDEX trajectories_of_payload ON trajectories(payload);
CREATE INDEX trajectories_by_trace ON trajectories(trace_id) WHERE trace_id IS NOT NULL;
CREATE TABLE labels(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(kind, name));
CREATE TABLE labelled(
  label INTEGER NOT NULL REFERENCES labels(id), trajectory INTEGER NOT NULL REFERENCES trajectories(id),
  PRIMARY KEY(label, trajectory)) WITHOUT ROWID;
CREATE INDEX labelled_by_trajectory ON labelled(trajectory);
CREATE TABLE events(
  id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, trajectory_id TEXT, trace_id TEXT, time INTEGER NOT NULL,
  received INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX events_of_trajectory ON events(trajectory_id, time) WHERE trajectory_id IS NOT NULL;
CREATE INDEX events_of_trace ON events(trace_id, time) WHERE trace_id IS NOT NULL;
CREATE TABLE keys(
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT NOT NULL, can_read INTEGER NOT NULL, can_write INTEGER NOT NULL,
  created INTEGER NOT NULL, revoked INTEGER);
)",
                                                                      R"(
DROP INDEX trajectories_latest;
CREATE INDEX trajectories_latest ON trajectories(dataset, id, failed, reward, tokens, time, cost) WHERE replaced IS NULL;
CREATE INDEX trajectories_failed ON trajectories(dataset, id) WHERE replaced IS NULL AND failed = 1;
CREATE INDEX trajectories_of_dataset ON trajectories(dataset, id, added, replaced);
)"});

/// The tables of search.db: an index that can be made anew from the payloads. `done` names the trajectories in it; it
/// keeps no texts, so what is taken out must be named again. `removing` names those whose words were taken out and
/// whose rows may still be there; `erasing` has a row until what was removed is out of the files.
inline constexpr auto k_search_migrations = std::to_array<std::string_view>({R"(
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE done(id INTEGER PRIMARY KEY);
)",
                                                                             R"(
CREATE TABLE removing(id INTEGER PRIMARY KEY);
CREATE TABLE erasing(id INTEGER PRIMARY KEY CHECK (id = 1), step INTEGER NOT NULL);
)"});

}  // namespace trajectory::platform::catalog
