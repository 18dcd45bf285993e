"""Rate limits: counters in Redis when there is one, in this process when not or when it is down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core import log
from app.core.environment import environment
from app.core.errors import TooMany

REDIS_SECONDS = 0.5
PAUSE_AFTER_FAILURE = 10.0


@dataclass(frozen=True, slots=True)
class Left:
    """How much of a limit is left: of so many, so many, and the seconds until there is more again."""

    limit: int
    remaining: int
    seconds: int


class Limiter:
    """Counts hits; a Redis that is down or hangs costs one short wait and then ten seconds of local counting.

    Args:
        redis_url: empty for counting in this process only.
        on: False lets everything pass (load tests).
    """

    def __init__(self, redis_url: str, *, on: bool = True) -> None:
        self.on = on
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = None
        self._resume = 0.0
        if redis_url:
            self._shared = MovingWindowRateLimiter(_storage(redis_url))

    def hit(self, limit: str, *who: str) -> None:
        """Count one hit.

        Args:
            limit: such as ``5/minute``.
            who: what is limited and for whom.

        Raises:
            TooMany: the limit is reached; ``details["seconds"]`` until the next try, ``details["limit"]`` what it is.
        """
        if not self.on:
            return
        item = _parsed(limit)
        if not self._allowed(item, who):
            raise TooMany(seconds=self._wait(item, who), limit=item.amount)

    def peek(self, limit: str, *who: str) -> bool:
        """Whether one more hit would pass, without counting."""
        return not self.on or self._local.test(_parsed(limit), *who)

    def left(self, limit: str, *who: str) -> Left | None:
        """What is left of a limit, as counted where the last hit was; None when nothing is counted."""
        if not self.on:
            return None
        item = _parsed(limit)
        at, remaining = self._stats(item, who)
        return Left(item.amount, max(0, remaining), max(1, int(at - time.time()) + 1))

    def _stats(self, item: RateLimitItem, who: tuple[str, ...]) -> tuple[float, int]:
        if self._shared is not None and time.monotonic() >= self._resume:
            try:
                return self._shared.get_window_stats(item, *who)
            except Exception as error:  # any trouble with Redis means: what is counted here
                self._lose(error)
        return self._local.get_window_stats(item, *who)

    def _lose(self, error: Exception) -> None:
        self._resume = time.monotonic() + PAUSE_AFTER_FAILURE
        log.get(__name__).warning("rate_counter_lost", error=str(error)[:200])

    def _allowed(self, item: RateLimitItem, who: tuple[str, ...]) -> bool:
        local = self._local.hit(item, *who)
        if self._shared is None or time.monotonic() < self._resume:
            return local
        try:
            return self._shared.hit(item, *who)
        except Exception as error:  # any trouble with Redis means: count here
            self._lose(error)
            return local

    def _wait(self, item: RateLimitItem, who: tuple[str, ...]) -> int:
        return max(1, int(self._local.get_window_stats(item, *who).reset_time - time.time()) + 1)


def _storage(redis_url: str) -> RedisStorage:
    """Counters in Redis that fail at the first trouble: the client's own patient retries would hold up a request."""
    patience: dict[str, Any] = {
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisStorage(redis_url, **patience)


@cache
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)


@cache
def limiter_for(redis_url: str, on: bool) -> Limiter:
    """The one limiter of the process for these settings."""
    return Limiter(redis_url, on=on)


def hit(limit: str, *who: str) -> None:
    """Count one hit with the process's limiter; see :meth:`Limiter.hit`."""
    house = environment()
    limiter_for(house.redis_url, house.rate_limits).hit(limit, *who)


def left(limit: str, *who: str) -> Left | None:
    """What is left with the process's limiter; see :meth:`Limiter.left`."""
    house = environment()
    return limiter_for(house.redis_url, house.rate_limits).left(limit, *who)
