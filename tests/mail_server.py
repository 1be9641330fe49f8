"""A mail server of the test's own."""

import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_string
from email.message import Message


@contextmanager
def running_mail_server() -> Generator["MailServer"]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


class MailServer(socketserver.ThreadingTCPServer):
    """Takes letters as RFC 5321 says, without TLS; keeps them in `letters`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.letters: list[tuple[str, Message]] = []
        self.refuses = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Dialogue(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, MailServer)
        self._say("220 ready")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                self._say("550 nobody of this name" if self.server.refuses else "250 ok")
            elif word == "DATA":
                self._say("354 go on")
                self.server.letters.append((recipient, message_from_string(self._text())))
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _text(self) -> str:
        lines: list[str] = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line.removeprefix("."))
        return "".join(f"{line}\n" for line in lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def text_of(message: Message) -> str:
    """Return what a letter says."""
    content = message.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")
