"""How the double behaves: switches that a test changes through `/_testbench/settings`."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any


@dataclass
class Limits:
    """The rate limiter. Off, it counts calls and refuses none."""

    enabled: bool = False
    scale: float = 1.0
    """Length of every window as a part of the real one: 0.1 makes 10 s one second."""
    retry_after: bool = False
    exports_per_hour: int = 250


@dataclass
class Auth:
    key_required: bool = True
    missing_key_status: int = 401
    workspace_required: bool = False
    """Answers 403 with `org_scoped_key_requires_workspace` when X-Tenant-Id is missing."""
    bulk_exports_allowed: bool = True
    """When false, the bulk-export endpoints answer 403, as for a plan or key without the right."""


@dataclass
class Api:
    v1: bool = True
    """When false, the v1 run queries are gone (404), as after their removal."""
    v2: bool = True
    v2_prefixes: list[str] = field(default_factory=lambda: ["/v2", "/api/v2"])
    version: str = "0.16.4"
    ch_query_enabled: bool | None = None
    sdb_query_enabled: bool | None = True
    zstd_compression: bool = True
    deprecation_headers: bool = False
    signed_payloads_over: int | None = None
    """Payload documents of more bytes than this leave as signed URLs."""
    destinations_alias: bool = True
    """Answers `/bulk-export-destinations` too, which two third parties call."""
    thread_keys: list[str] = field(default_factory=lambda: ["session_id", "conversation_id", "thread_id"])
    strict_filters: bool = False
    """Refuses `neq(error, null)` and conditions on tokens and costs, as some deployments do."""
    clock_skew_seconds: float = 0.0
    """How far the `Date` header of answers is ahead."""


@dataclass
class Quirks:
    """What exports of some deployments were seen to do."""

    binary_text: bool = False
    """Text columns lack the String annotation."""
    quoted_ids: bool = False
    double_encoded_inputs: bool = False
    """An `inputs.input` that is an object stands as JSON text inside the JSON."""
    invalid_json_every: int = 0
    """Every n-th inputs text of a file is cut in the middle."""
    extra_columns: bool = False
    missing_columns: list[str] = field(default_factory=list)
    duplicates: int = 0
    """So many rows at the end of a file stand at the beginning of the next one, too."""
    stale_duplicates: bool = False
    """The later of two such rows is the complete one: the earlier has neither end nor outputs."""
    leftover_file: bool = False
    """Each day with rows has one file more that no answer lists as exported: an upload that was begun anew."""
    rows_miscounted: int = 0
    """So many more rows (or fewer) than a day with rows has, it is said to have."""
    bucket_in_key: bool = False
    """The bucket's name is doubled inside the key."""
    none_prefix: bool = False
    """An empty prefix becomes a path part `None`."""


@dataclass
class Exports:
    created_seconds: float = 0.1
    running_seconds: float = 0.1
    day_seconds: float = 0.0
    """What each day that has rows takes at least."""
    rows_per_file: int = 500
    rows_per_group: int = 200
    layout: str = "resource=runs"
    """`resource=runs` or `runs`."""
    padded: bool = False
    """Months and days of the path with a leading zero."""
    default_compression: str = "gzip"
    old_server: bool = False
    """Leaves out the keys that older servers do not have."""
    keep_test_write: bool = True
    report_files: bool = True
    """When false, `exported_files` stay empty, as on servers that do not tell them."""
    quirks: Quirks = field(default_factory=Quirks)


@dataclass
class Settings:
    limits: Limits = field(default_factory=Limits)
    auth: Auth = field(default_factory=Auth)
    api: Api = field(default_factory=Api)
    exports: Exports = field(default_factory=Exports)


def update(settings: Any, values: dict[str, Any], path: str = "") -> None:
    """Sets the named members, nested objects by nested names. Raises ValueError for a name or a type that is wrong."""
    hints = typing.get_type_hints(type(settings))
    known = {member.name for member in fields(settings)}
    for name, value in values.items():
        where = f"{path}{name}"
        if name not in known:
            raise ValueError(f"no setting {where!r}; there are {', '.join(sorted(known))}")
        current = getattr(settings, name)
        if is_dataclass(current):
            if not isinstance(value, dict):
                raise ValueError(f"setting {where!r} takes an object")
            update(current, value, f"{where}.")
        else:
            setattr(settings, name, _checked(where, hints[name], value))


def _checked(where: str, hint: Any, value: Any) -> Any:
    kinds = typing.get_args(hint) if not typing.get_origin(hint) or hint.__class__.__name__ == "UnionType" else ()
    allowed = kinds or (typing.get_origin(hint) or hint,)
    if float in allowed and type(value) is int:
        value = float(value)
    if type(value) not in allowed:
        raise ValueError(f"setting {where!r} does not take {value!r}")
    return value
