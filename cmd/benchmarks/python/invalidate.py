"""Prints how long the invalidation of many deps takes, in nanoseconds, and how many fail.

    invalidate.py URL DEPS LIMIT

LIMIT is how many calls may be under way at a time; 0 is invalidate_many as it is.
"""

import asyncio
import json
import sys
import time

from cachecore import CacheCoreClient


async def limited(client, ids, limit):
    slots = asyncio.Semaphore(limit)

    async def one(dep_id):
        async with slots:
            return await client.invalidate(dep_id)

    return await asyncio.gather(*map(one, ids))


async def main(url, count, limit):
    ids = [f"doc:contract-{i}" for i in range(count)]
    async with CacheCoreClient(url, "token") as client:
        begun = time.perf_counter_ns()
        results = await (limited(client, ids, limit) if limit else client.invalidate_many(ids))
        took = time.perf_counter_ns() - begun
    print(json.dumps({"nanoseconds": took, "failed": sum(not r.ok for r in results)}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
