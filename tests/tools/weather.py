"""A proxy between keysift and the stand-in for STS that makes the weather (an addon for mitmdump).

The user name of the proxy's login says which weather, so one process serves all tests: `throttle-2` answers the first two
requests of that login as AWS does when it is busy, and so on. What comes after a dash counts from where requests pass.
Every request goes into the file `requests`, one login a line.

    mitmdump --set sts=http://127.0.0.1:PORT --set requests=FILE -s weather.py
"""

import asyncio
import base64
import json
import os
import sys
import threading
from urllib.parse import urlsplit

from mitmproxy import ctx, http

ERROR = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
)
BUSY = {
    "throttle": (400, "Throttling", "Rate exceeded"),
    "many": (429, "TooManyRequestsException", "Too many requests"),
    "down": (503, "ServiceUnavailable", "Service is unavailable"),
}
PAGE = "<html><head><title>Welcome</title></head><body>Please accept our terms to use this network.</body></html>"


class Weather:
    def __init__(self):
        self.logins, self.seen = {}, {}

    def load(self, loader):
        loader.add_option("sts", str, "", "address of the stand-in")
        loader.add_option("requests", str, "", "file for the logins of requests")

    def running(self):
        servers = ctx.master.addons.get("proxyserver").servers
        ports = {server.mode.type_name: server.listen_addrs[0][1] for server in servers}
        print(json.dumps(ports), flush=True)
        # Whoever started us holds our standard input: when they are gone, so are we.
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()

    def http_connect(self, flow):
        login = flow.request.headers.get("Proxy-Authorization", "Basic Og==").split()[1]
        name = base64.b64decode(login).decode().split(":")[0]
        self.logins[flow.client_conn.id] = name
        if name.startswith("closed"):
            self.count(name)
            flow.response = http.Response.make(407, "login", {"Proxy-Authenticate": "Basic"})

    def count(self, name):
        self.seen[name] = self.seen.get(name, 0) + 1
        with open(ctx.options.requests, "a") as file:
            file.write(name + "\n")

    async def request(self, flow):
        name = self.logins.get(flow.client_conn.id, "fine")
        self.count(name)
        kind, _, rest = name.partition("-")
        passes_after = int(rest.split("-")[0]) if rest else 0
        if self.seen[name] <= passes_after:
            if kind == "reset":
                flow.kill()
            elif kind == "slow":
                await asyncio.sleep(8)
            elif kind == "portal":
                flow.response = http.Response.make(200, PAGE, {"content-type": "text/html"})
            elif kind in BUSY:
                status, code, message = BUSY[kind]
                headers = {"content-type": "text/xml", "x-amzn-requestid": "0"}
                flow.response = http.Response.make(status, ERROR.format(code=code, message=message), headers)
        # The signed host stays in the request.
        host, to = flow.request.host_header or flow.request.host, urlsplit(ctx.options.sts)
        flow.request.host, flow.request.port, flow.request.scheme = to.hostname, to.port, "http"
        flow.request.host_header = host


addons = [Weather()]
