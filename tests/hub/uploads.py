"""A hub on loopback for data sets: uploads by `huggingface_hub`, and downloads by `datasets`.

Large files go through LFS: the server says which content it lacks, and receives each content under its SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from hub.server import Hub, git_oid

from ameli_build.release.hub_metadata import LICENSES

REPO = r"([\w.-]+/[\w.-]+)"
LARGE = ".parquet"
TOKEN = "hf_loopback"


@dataclass(slots=True)
class Repository:
    """A data set: its files, and whether it is private."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0

    @property
    def sha(self) -> str:
        return f"{self.commits:040x}"


class UploadHub(Hub):
    """Accepts data sets in requests with `TOKEN`; a context manager.

    `stored` lists the digests of large files in the order of their arrival. `on_store` is called with their number
    before each answer.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.stored: list[str] = []
        self.on_store: Callable[[int], None] = lambda number: None
        self.refuses: tuple[int, str] | None = None
        super().__init__(_Handler)
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    hub: UploadHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        for method, pattern, answer in _ROUTES:
            if (found := re.fullmatch(pattern, path)) and self.command in method.split():
                if method != "PUT" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self._send(401, {"error": "Invalid credentials in Authorization header"})
                elif self.hub.refuses and method == "POST":
                    self._send(self.hub.refuses[0], {"error": self.hub.refuses[1]})
                elif "/datasets/" in path and found[1] not in self.hub.repositories:
                    self._send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
                else:
                    answer(self, body, *found.groups())
                return
        self._send(404, {"error": f"{self.command} {path}"}, {"X-Error-Code": "EntryNotFound"})

    def _create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        url = {"url": f"{self.hub.address}/datasets/{name}"}
        if name in self.hub.repositories:
            self._send(409, {**url, "error": "You already created this dataset repo"})
        else:
            self.hub.repositories[name] = Repository(asked["private"], {".gitattributes": b""})
            self._send(200, url)

    def _validate(self, body: bytes) -> None:
        head = yaml.safe_load(json.loads(body)["content"].split("---\n")[1])
        wrong = [] if head["license"] in LICENSES | {"other"} else [{"message": '"license" must be one of the list'}]
        self._send(400 if wrong else 200, {"errors": wrong, "warnings": []})

    def _modes(self, body: bytes, repo: str, _revision: str) -> None:
        there = self.hub.repositories[repo].files
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": _oid(file["path"], there[file["path"]]) if file["path"] in there else None,
            }
            for file in json.loads(body)["files"]
        ]
        self._send(200, {"files": files})

    def _batch(self, body: bytes, _repo: str) -> None:
        objects = []
        for item in json.loads(body)["objects"]:
            upload = {"upload": {"href": f"{self.hub.address}/lfs/{item['oid']}"}}
            objects.append(item if item["oid"] in self.hub.objects else {**item, "actions": upload})
        self._send(200, {"transfer": "basic", "objects": objects})

    def _store(self, body: bytes, oid: str) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        with self.hub.lock:
            self.hub.objects[oid] = body
            self.hub.stored.append(oid)
            self.hub.on_store(len(self.hub.stored))
        self._send(200, {})

    def _commit(self, body: bytes, repo: str, _revision: str) -> None:
        found = self.hub.repositories[repo]
        for line in map(json.loads, body.splitlines()):
            value: Mapping[str, str] = line["value"]
            if line["key"] == "file":
                found.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                found.files[value["path"]] = self.hub.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del found.files[value["path"]]
        found.commits += 1
        url = f"{self.hub.address}/datasets/{repo}/commit/{found.sha}"
        self._send(200, {"success": True, "commitOid": found.sha, "commitUrl": url})

    def _info(self, _body: bytes, repo: str, _revision: str | None) -> None:
        found = self.hub.repositories[repo]
        siblings = [{"rfilename": name} for name in sorted(found.files)]
        self._send(200, {"_id": "0", "id": repo, "sha": found.sha, "private": found.private, "siblings": siblings})

    def _tree(self, _body: bytes, repo: str, _revision: str, folder: str | None) -> None:
        begin = f"{folder}/" if folder else ""
        names = [name for name in sorted(self.hub.repositories[repo].files) if name.startswith(begin)]
        folders = {str(parent) for name in names for parent in PurePosixPath(name).parents[:-1]} - {folder}
        found = [self._entry(repo, name) for name in names] + [_folder(name) for name in sorted(folders)]
        if "recursive=True" not in self.path:
            found = [entry for entry in found if "/" not in entry["path"].removeprefix(begin)]
        self._send(200, found)

    def _entry(self, repo: str, name: str) -> dict[str, Any]:
        body = self.hub.repositories[repo].files[name]
        lfs = {"lfs": {"oid": _oid(name, body), "size": len(body), "pointerSize": 134}} if name.endswith(LARGE) else {}
        return {"type": "file", "oid": git_oid(body), "size": len(body), "path": name, **lfs}

    def _resolve(self, _body: bytes, repo: str, _revision: str, name: str) -> None:
        found = self.hub.repositories[repo]
        if name not in found.files:
            self._send(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        body = found.files[name]
        self._send(200, body, {"ETag": f'"{_oid(name, body)}"', "X-Repo-Commit": found.sha})

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(sent))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sent)


def _oid(name: str, body: bytes) -> str:
    """The hub's hash of a content: its SHA-256 in LFS, otherwise git's hash."""
    return hashlib.sha256(body).hexdigest() if name.endswith(LARGE) else git_oid(body)


def _folder(name: str) -> dict[str, Any]:
    return {"type": "directory", "oid": "0", "path": name}


_ROUTES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("POST", r"/api/repos/create", _Handler._create),
    ("POST", r"/api/validate-yaml", _Handler._validate),
    ("POST", rf"/api/datasets/{REPO}/preupload/([\w.-]+)", _Handler._modes),
    ("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/batch", _Handler._batch),
    ("PUT", r"/lfs/(\w+)", _Handler._store),
    ("POST", rf"/api/datasets/{REPO}/commit/([\w.-]+)", _Handler._commit),
    ("GET", rf"/api/datasets/{REPO}/tree/([\w.-]+)(?:/(.+))?", _Handler._tree),
    ("GET", rf"/api/datasets/{REPO}(?:/revision/([\w.-]+))?", _Handler._info),
    ("GET HEAD", rf"/datasets/{REPO}/resolve/([\w.-]+)/(.+)", _Handler._resolve),
)
