"""nginx with the shipped configuration, on free ports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.processes import ROOT, Process, free_port
from tests.support.secured import Authority

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
NAME = "localhost"
"""The one that the proxy serves; it stands in the certificates of `Authority`."""

_CONF = """\
daemon off;
{user}pid {folder}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tickwire.conf;
}}
"""


class Proxy:
    """Serves a bridge with TLS at `.url`; from the port `.plain`, without, it leads to TLS."""

    def __init__(self, folder: Path, start: Callable[..., Process], bridge_port: int):
        self.port, self.plain = free_port(), free_port()
        self.url = f"https://{NAME}:{self.port}"
        self.authority = Authority(folder, "authority")
        cert, key = self.authority.sign("proxy")
        self.log = folder / "access.log"
        text = (ROOT / "deploy" / "proxy" / "tickwire.conf").read_text()
        for shipped, instead in {
            "    listen [::]:443 ssl;\n": "",
            "    listen [::]:443 ssl default_server;\n": "",
            "    listen [::]:80;\n": "",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "ticks.example": NAME,
            "/etc/ssl/tickwire/server.crt": f"{cert}",
            "/etc/ssl/tickwire/server.key": f"{key}",
            "127.0.0.1:8080": f"127.0.0.1:{bridge_port}",
        }.items():
            assert shipped in text
            text = text.replace(shipped, instead)
        (folder / "tickwire.conf").write_text(text)
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_CONF.format(folder=folder, user=user))
        self.process = start(NGINX, "-p", folder, "-c", folder / "nginx.conf")
        self.process.wait_for("start worker process ")
