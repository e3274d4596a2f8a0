"""Prints how long a request takes in the client's transport, in nanoseconds.

    transport.py outside|inside DEPS REQUESTS

Deps are declared once outside the loop, or inside it for each request. The
transport below answers at once.
"""

import asyncio
import json
import sys
import time

import httpx
from cachecore import CacheCoreClient, CacheCoreTransport, Dep

HEADERS = {f"x-header-{i}": "value" for i in range(11)}


class AnswersAtOnce(httpx.AsyncBaseTransport):
    def __init__(self):
        self.response = httpx.Response(200, headers={"X-Cache": "HIT_L1"})

    async def handle_async_request(self, request):
        return self.response


async def main(where, count, requests):
    client = CacheCoreClient("http://gateway.test", "token")
    transport = CacheCoreTransport("token", wrapped=AnswersAtOnce())
    deps = [Dep(f"doc:contract-{i:04}") for i in range(count)]
    request = httpx.Request("POST", "http://gateway.test/v1/chat/completions", headers=HEADERS, content=b"{}")
    begun = time.perf_counter_ns()
    if where == "outside":
        with client.request_context(deps=deps):
            for _ in range(requests):
                await transport.handle_async_request(request)
    else:
        for _ in range(requests):
            with client.request_context(deps=deps):
                await transport.handle_async_request(request)
    print(json.dumps({"nanoseconds": (time.perf_counter_ns() - begun) // requests, "failed": 0}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
