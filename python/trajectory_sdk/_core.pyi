"""The engine."""

from collections.abc import Mapping, Sequence
from typing import Any


version: str = '0.6.0'

class Access:
    """Where LangSmith is and who asks; what is empty is looked for."""

    def __init__(self, *, key: bytes, url: bytes, workspace: bytes) -> None: ...

    @property
    def has_key(self) -> bool:
        """Whether there is a key."""

    @property
    def workspace(self) -> str:
        """The workspace's id; empty: the key's own."""

def check_routes(*, route: bytes, api_version: bytes) -> None:
    """Refuses names that are none."""

class Project:
    """A project as a source. The timeout is in milliseconds."""

    def __init__(self, access: Access, project: bytes, *, route: bytes, api_version: bytes, destination: bytes, bucket: bytes, keep_export: bytes, timeout: int | None, state: bytes, target: bytes, window_as_asked: str, run_filters: Sequence[bytes], trace_filters: Sequence[bytes]) -> None: ...

def list_workspaces(access: Access) -> list[dict[str, Any]]:
    """The workspaces that the key sees."""

def list_projects(access: Access, name_contains: bytes) -> list[dict[str, Any]]:
    """The projects, newest first."""

def list_destinations(access: Access) -> list[dict[str, Any]]:
    """The buckets that exports can be written to."""

def list_exports(access: Access) -> list[dict[str, Any]]:
    """The bulk exports."""

def cancel_export(access: Access, id: bytes) -> dict[str, Any]:
    """Stops a bulk export."""

def list_conversations(access: Access, project: bytes, *, limit: int, since: int | None, until: int | None, keys: Sequence[bytes] | None, trace_filter: bytes) -> list[dict[str, Any]]:
    """The newest conversations of a project."""

class ImportRequest:
    """What to import, and how. Times are microseconds since 1970."""

    def __init__(self, *, sources: Sequence[bytes], streams: Sequence[tuple[str, object]], limit: int | None, since: int | None, until: int | None, conversations: Sequence[bytes], keys: Sequence[bytes] | None, feedback: bool, threads: int | None, memory: int | None, max_value: int | None, storage: Mapping[str, str]) -> None: ...

    def lineage(self) -> str:
        """
        What the manifest of a dataset says of where it came from: a JSON object.
        """

    def fetch(self, project: Project, folder: SyncFolder | None, *, progress: object | None, notes: object | None) -> bool:
        """
        Brings the runs of a project here, as the source of this import; False when the folder has all of them.
        """

    def how_fetched(self) -> str:
        """What was fetched and how, in words."""

    def finish(self) -> None:
        """Forgets how far the fetching had come: the import is done."""

    def leave(self) -> None:
        """
        Keeps how far the fetching had come: the same import goes on from there.
        """

class SyncFolder:
    """A folder that follows a project: a dataset a version."""

    def __init__(self, folder: bytes) -> None: ...

    def next(self) -> bytes:
        """The folder to import into."""

    def take(self, request: ImportRequest) -> dict[str, tuple[str, str]]:
        """
        Writes down that what was fetched is there: new version and the one before, by conversation.
        """

def shut_down() -> None:
    """
    Ends what reading from object stores has begun; nothing may be read after it.
    """

def import_dataset(request: ImportRequest, folder: bytes, *, force: bool, progress: object | None) -> str:
    """
    Imports into a dataset folder, which appears whole or not at all; the report as JSON.
    """

class RecordStream:
    """The records of an import, as they are built."""

    def __init__(self, request: ImportRequest) -> None: ...

    def next(self, progress: object | None) -> bytes | None:
        """The next record as JSON; None at the end."""

    def report(self) -> str:
        """The report as JSON; empty before the end."""

    def close(self) -> None:
        """Ends the import."""

class Dataset:
    """A dataset on disk, rows in order of conversation id."""

    def __init__(self, folder: bytes, *, verify: bool) -> None: ...

    def __len__(self) -> int: ...

    def record(self, row: int) -> bytes:
        """The native record of a row as JSON."""

    def contract(self, row: int) -> bytes:
        """
        The contract's form of a row as JSON, each message once and steps as ranges over them.
        """

    def manifest(self) -> bytes:
        """The text of manifest.json."""

    def names(self) -> bytes:
        """Pairs of conversation id and project id as JSON, in order."""

    def save(self, row: int, path: bytes) -> None:
        """Writes the contract's file of a row."""

    def stream(self, rows: str, only: Sequence[int] | None) -> object:
        """An arrow_array_stream capsule of trajectories, messages or calls."""

def stream_records(records: list[bytes], rows: str) -> object:
    """An arrow_array_stream capsule over native records given as JSON."""

def contract(record: bytes) -> bytes:
    """The contract's form of a native record: see Dataset.contract."""

def contract_lines(record: bytes) -> bytes:
    """
    The messages of every line of a native record in the contract's form, by line id, as JSON.
    """

def save(record: bytes, path: bytes) -> None:
    """Writes the contract's file of a native record."""

class FileNames:
    """Names of the contract's files for the conversations of one folder."""

    def __init__(self) -> None: ...

    def next(self, conversation_id: bytes, project_id: bytes) -> bytes:
        """The name of the next file, without .json."""

class DatasetWriter:
    """A dataset that is being written; it appears at the commit."""

    def __init__(self, folder: bytes, *, force: bool) -> None: ...

    def add(self, record: bytes) -> None:
        """Adds a native record given as JSON."""

    def commit(self, *, lineage: str, report: str) -> None:
        """Puts the folder in place."""

    def discard(self) -> None:
        """Removes what was written."""

def convert(source: bytes, folder: bytes, *, force: bool, progress: object | None) -> None:
    """Writes a dataset, or JSON lines of records, as a dataset."""

class Upload:
    """
    An upload of trajectories: (dataset, begin, end) for rows, bytes of a native record, or a function that gives the contract's form with each message once.
    """

    def __init__(self, *, url: bytes, key: bytes, parts: Sequence[object], scratch: bytes) -> None: ...

    def find_secrets(self, progress: object | None) -> bytes:
        """
        What in the trajectories looks like a secret, as JSON: number, and conversation ids with places.
        """

    def send(self, dataset: bytes, progress: object | None) -> bytes:
        """The result as JSON."""

def push_events(*, url: bytes, key: bytes, events: list[bytes], chunk_size: int, retries: int, progress: object | None) -> bytes:
    """Pushes events given as JSON; the result as JSON."""

def upload_hash(contract: bytes) -> str:
    """
    The identity of an upload: the hash of a trajectory's JSON in the contract's form.
    """
