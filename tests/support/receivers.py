"""What notifications are sent to in tests: a webhook and a mail server on this machine."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Callable
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.support.processes import eventually, free_port

PATH = "hooks/s3cret-path"


class Webhook:
    """Keeps what is posted to it; answers with `status`, which a test may set."""

    def __init__(self) -> None:
        self.status = 200
        self.refused = 0
        self._messages: list[dict[str, Any]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if webhook.status == 200:
                    webhook._messages.append(json.loads(body))
                else:
                    webhook.refused += 1
                self.send_response(webhook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"json://127.0.0.1:{self._server.server_port}/{PATH}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages so far, with their `title`, `message` and `type`."""
        return list(self._messages)

    @property
    def lines(self) -> list[str]:
        """The lines of all messages so far, without their times."""
        bodies = [message["message"] for message in self.messages]
        return [line.partition("  ")[2] or line for body in bodies for line in body.splitlines()]

    def wait_for(self, what: str | Callable[[str], object]) -> str:
        """Await a line that has this text, or that a function accepts, and return it."""
        accepts = (lambda line: what in line) if isinstance(what, str) else what
        found = eventually(
            lambda: next(filter(accepts, self.lines), None), f"{what!r}; came: {self.lines}"
        )
        return str(found)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """Keeps the mails that it gets, with nobody's password."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.url = (
            f"mailto://127.0.0.1:{self._controller.port}"
            "?mode=insecure&from=tickwire@example.com&to=ann@example.com"
        )

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def close(self) -> None:
        """Listen no more."""
        self._controller.stop()
