"""Uses the vendor's Python client on behalf of the tests.

Reads one JSON object a line, {"op": name, ...}, and answers each with one line.
"""

import asyncio
import contextlib
import json
import sys

import cachecore
import httpx


class Driver:
    def __init__(self, gateway, token, timeout):
        self.client = cachecore.CacheCoreClient(gateway, token, timeout=timeout)
        self.http = httpx.AsyncClient(transport=self.client.transport, follow_redirects=True)

    async def post(self, url, body, header, contexts):
        """An LLM request, inside the contexts, the outermost first."""
        with contextlib.ExitStack() as stack:
            for context in contexts:
                deps = [cachecore.Dep(d["dep_id"], d["expected_hash"]) for d in context["deps"] or []]
                stack.enter_context(self.client.request_context(deps=deps, bypass=context["bypass"]))
            answer = await self.http.post(url, content=body.encode(), headers=header)
        status = cachecore.CacheStatus.from_headers(answer.headers)
        return {"text": answer.text, **parsed(status)}

    async def invalidate(self, dep_ids):
        return [receipt(r) for r in await self.client.invalidate_many(dep_ids)]

    async def parse_status(self, header):
        return parsed(cachecore.CacheStatus.from_headers(httpx.Headers(header)))

    async def parse_retry_after(self, value):
        """The error is caught and turned into text before a caller of invalidate can see it."""
        try:
            cachecore._raise_for_status(httpx.Response(429, headers={"Retry-After": value}))
        except cachecore.CacheCoreRateLimitError as error:
            return error.retry_after
        raise AssertionError("a 429 raised nothing")

    async def public_names(self):
        """All that a caller can ask the client and its transport for."""
        return sorted(n for o in (self.client, self.client.transport) for n in dir(o) if not n.startswith("_"))


def parsed(status):
    return {"status": status.status, "similarity": status.similarity, "age": status.age_seconds}


def receipt(result):
    return {"dep_id": result.dep_id, "ok": result.ok, "error": result.error}


async def main():
    driver = Driver(**json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        arguments = json.loads(line)
        result = await getattr(driver, arguments.pop("op"))(**arguments)
        print(json.dumps(result), flush=True)
    await driver.http.aclose()
    await driver.client.aclose()


asyncio.run(main())
