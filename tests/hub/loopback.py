"""A server on loopback that answers like huggingface.co, and also serves the other downloads.

It answers the requests of `huggingface_hub`: the files of a repository at a revision, the head and the body of a file,
the rest of a body. It can misbehave: `take_away`, `damage`, `cut`, `gate`, `shut`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hub.server import Hub, git_oid

LARGE = (".safetensors", ".bin", ".pth", ".model", ".h5", ".onnx", ".ot", ".msgpack")
"""Suffixes of the files that the real repositories store in LFS."""
INFO = re.compile(r"/api/models/([\w.-]+/[\w.-]+)(?:/revision/([\w.-]+))?")
RESOLVE = re.compile(r"/([\w.-]+/[\w.-]+)/resolve/([\w.-]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `begin` is its first requested byte."""

    method: str
    path: str
    begin: int = 0


class LoopbackHub(Hub):
    """Serves `folder/repositories/<owner>/<name>/` and `folder/downloads/`; a context manager.

    `folder/revisions.json` has the commit of each repository, which is also `main`; a server that does not check
    revisions answers with it for any revision. `asked` lists the requests so far. A file is named by its path below
    `repositories` or `downloads`.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.revisions: dict[str, str] = json.loads((folder / "revisions.json").read_text(encoding="utf-8"))
        self.asked: list[Asked] = []
        self.shut_with: int | None = None
        self.tokens: dict[str, str] = {}
        self.checks_revisions = True
        self._away: set[str] = set()
        self._damaged: set[str] = set()
        self._cuts: dict[str, tuple[int, Callable[[], None]]] = {}
        super().__init__(_Handler, port)

    def take_away(self, *files: str) -> None:
        """Neither list nor serve these files from now on."""
        self._away.update(files)

    def damage(self, *files: str) -> None:
        """Change the last byte of these files from now on, but not their announced digests."""
        self._damaged.update(files)

    def cut(self, file: str, after: int, then: Callable[[], None] = lambda: None) -> None:
        """End the next body of a file after `after` bytes, and call `then` afterwards."""
        self._cuts[file] = (after, then)

    def repair(self) -> None:
        """Serve all files unchanged again."""
        self._away.clear()
        self._damaged.clear()
        self._cuts.clear()
        self.tokens.clear()
        self.shut_with = None

    def gate(self, repo: str, token: str) -> None:
        """Serve files of a repository only to requests with this token; the list of files stays open."""
        self.tokens[repo] = token

    def shut(self, status: int = 503) -> None:
        """Refuse all requests from now on, and clear `asked`, which lists later requests."""
        self.shut_with = status
        self.asked.clear()

    def bodies(self) -> list[str]:
        """The paths of the requested bodies, in the order of the requests."""
        found = [
            request.path for request in self.asked if request.method == "GET" and not request.path.startswith("/api/")
        ]
        return [re.sub(r"/resolve/[\w.-]+", "", path).removeprefix("/cdn").lstrip("/") for path in found]

    def write_table(self, path: Path) -> Path:
        """Write the file for `AMELI_DOWNLOADS`: the downloads of `folder/downloads.json` at this server's addresses."""
        lines = []
        for name, facts in json.loads((self.folder / "downloads.json").read_text(encoding="utf-8")).items():
            urls = [f"{self.address}/downloads/{file}" for file in facts.pop("archives")]
            files = facts.pop("files", None)
            entry = {"url": urls if len(urls) > 1 else urls[0], **facts}
            lines += [f"[{json.dumps(name)}]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
            if files:
                lines += [
                    f"[{json.dumps(name)}.files]",
                    *(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in files.items()),
                ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def environment(self, table: Path) -> dict[str, str]:
        """Variables that make this server the hub and proxy of a process; the method also writes `table`."""
        return {
            "HF_ENDPOINT": self.address,
            "AMELI_DOWNLOADS": str(self.write_table(table)),
            "HTTP_PROXY": self.address,
            "HTTPS_PROXY": self.address,
            "NO_PROXY": "127.0.0.1",
        }

    def files(self, repo: str) -> list[str]:
        """The files of a repository."""
        root = self.folder / "repositories" / repo
        names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        return [name for name in names if f"{repo}/{name}" not in self._away]

    def body(self, name: str, path: Path) -> bytes:
        """The served content of a file."""
        content = path.read_bytes()
        return content[:-1] + bytes([content[-1] ^ 1]) if name in self._damaged else content

    def path(self, name: str, room: str) -> Path | None:
        """A file, or None if it is not served."""
        path = self.folder / room / name
        return path if name not in self._away and path.is_file() else None

    def take_cut(self, name: str) -> tuple[int, Callable[[], None]] | None:
        """Remove and return the pending cut of a file."""
        return self._cuts.pop(name, None)


class _Handler(BaseHTTPRequestHandler):
    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_CONNECT(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path) if self.command != "CONNECT" else self.path
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        asked = Asked(self.command, path, int(begin[1]) if begin else 0)
        self.hub.asked.append(asked)
        if self.hub.shut_with or self.command not in ("GET", "HEAD") or not self.path.startswith("/"):
            self._send(self.hub.shut_with or 503, b"shut")
        elif info := INFO.fullmatch(path):
            self._info(info[1], info[2] or "main")
        elif resolved := RESOLVE.fullmatch(path):
            self._resolve(resolved[1], resolved[2], resolved[3])
        elif path.startswith(("/cdn/", "/downloads/")):
            room, _, name = path[1:].partition("/")
            self._file(name, self.hub.path(name, "repositories" if room == "cdn" else room), asked.begin, {})
        else:
            self._send(404, b"not found")

    def _commit(self, repo: str, revision: str) -> str | None:
        """The commit of a revision, or None after sending an error."""
        commit = self.hub.revisions.get(repo)
        if commit is None:
            self._send(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})
        elif self.hub.checks_revisions and revision not in ("main", commit):
            self._send(404, b'{"error": "Invalid rev id"}', {"X-Error-Code": "RevisionNotFound"})
            return None
        return commit

    def _info(self, repo: str, revision: str) -> None:
        commit = self._commit(repo, revision)
        if commit is None:
            return
        siblings = [_sibling(name, self.hub.folder / "repositories" / repo / name) for name in self.hub.files(repo)]
        info = {"_id": "0", "id": repo, "modelId": repo, "sha": commit, "private": False, "gated": False, "tags": []}
        card = {"cardData": {"license": "apache-2.0"}, "siblings": siblings}
        self._send(200, json.dumps({**info, **card}).encode(), {"Content-Type": "application/json"})

    def _resolve(self, repo: str, revision: str, file: str) -> None:
        commit = self._commit(repo, revision)
        if commit is None:
            return
        token, sent = self.hub.tokens.get(repo), self.headers.get("Authorization")
        if token is not None and sent != f"Bearer {token}":
            self._send(403 if sent else 401, b"Access is restricted", {"X-Error-Code": "GatedRepo"})
            return
        name = f"{repo}/{file}"
        path = self.hub.path(name, "repositories")
        headers = {"X-Repo-Commit": commit}
        if path is None:
            self._send(404, b"Entry not found", {**headers, "X-Error-Code": "EntryNotFound"})
        elif file.endswith(LARGE):
            headers |= {"X-Linked-Etag": f'"{_sha256(path)}"', "X-Linked-Size": str(path.stat().st_size)}
            self._send(302, b"Found", {**headers, "Location": f"{self.hub.address}/cdn/{name}"})
        else:
            self._file(name, path, 0, {**headers, "ETag": f'"{_blob(path)}"'})

    def _file(self, name: str, path: Path | None, begin: int, headers: dict[str, str]) -> None:
        if path is None:
            self._send(404, b"not found")
            return
        body = self.hub.body(name, path)
        headers = {"Accept-Ranges": "bytes", **headers}
        if begin >= len(body) and begin:
            self._send(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
            return
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        cut = self.hub.take_cut(name) if self.command == "GET" else None
        self._send(206 if begin else 200, body[begin:], headers, cut)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: tuple[int, Callable[[], None]] | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body if cut is None else body[: cut[0]])
        if cut is not None:
            self.close_connection = True
            cut[1]()


def _sibling(name: str, path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    sibling: dict[str, Any] = {"rfilename": name, "size": size, "blobId": _blob(path)}
    if name.endswith(LARGE):
        sibling["lfs"] = {"sha256": _sha256(path), "size": size, "pointerSize": 134}
    return sibling


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _blob(path: Path) -> str:
    """Git's hash of a file."""
    return git_oid(path.read_bytes())
