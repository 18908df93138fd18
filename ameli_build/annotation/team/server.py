"""The server of a team: address, links and the loop that serves."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import uvicorn

from ameli_build.annotation.team.app import application
from ameli_build.annotation.team.team import LEAD, Team
from ameli_build.core.errors import UnusableInput


class TeamServer:
    """Listens from the beginning; `run` serves until it is interrupted."""

    def __init__(self, team: Team, host: str, port: int) -> None:
        """Listen on an address; port 0 is any free port. Raises `UnusableInput` if that is not possible."""
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            both = ":" in host and _is_wildcard(host) and socket.has_dualstack_ipv6()
            self._socket = socket.create_server((host, port), family=family, backlog=128, dualstack_ipv6=both)
        except (OSError, OverflowError, UnicodeError) as error:
            raise UnusableInput(f"{host}:{port}: cannot listen there ({error})") from None
        shown = _address(host)
        self._team = team
        base = f"http://{f'[{shown}]' if ':' in shown else shown}:{self._socket.getsockname()[1]}"
        machine = socket.gethostname().lower()
        names = {"localhost", host.lower(), machine, f"{machine}.local"}
        quiet = uvicorn.Config(
            application(team, names, base),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(quiet)
        self._base = base

    def links(self) -> dict[str, str]:
        """The link of the lead and of each person, by sheet."""
        tokens = {LEAD: self._team.lead_token} | {name: person.token for name, person in self._team.people.items()}
        return {name: f"{self._base}/{name}/{token}/" for name, token in tokens.items()}

    def run(self) -> None:
        """Serve until the process is interrupted, or until `stop`."""
        self._server.run(sockets=[self._socket])
        self._team.store.close()

    def stop(self) -> None:
        """Let `run` return, from another thread."""
        self._server.should_exit = True


def _address(host: str) -> str:
    """The address for links: where the server listens, or for every interface the address in the local network."""
    if not _is_wildcard(host):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses an interface
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _is_wildcard(host: str) -> bool:
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False
