"""Parts that the functions behind the routes have in common, opened from their settings."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from runtime.shared.aws import Clients
from runtime.shared.quotas import Quotas
from runtime.shared.settings import read_setting
from runtime.shared.sockets import Connection, ConnectionSettings, open_gateway
from runtime.tryon.bucket import Bucket
from runtime.tryon.endings import Endings
from runtime.tryon.jobs import JobTable
from runtime.tryon.photo import PhotoTable
from runtime.tryon.settings import LimitSettings, PhotoSettings, QuotaSettings, TryOnSettings
from runtime.tryon.telling import Pusher, Teller


@dataclass(frozen=True, slots=True)
class Parts:
    """Tables and buckets of the try-on; opening them makes no call."""

    clients: Clients
    photo_settings: PhotoSettings
    settings: TryOnSettings
    clock: Callable[[], float]

    @classmethod
    def open(cls) -> "Parts":
        """As variables PHOTOS and TRYON say."""
        photos = read_setting("PHOTOS", PhotoSettings)
        return cls(Clients(), photos, read_setting("TRYON", TryOnSettings), time.time)

    @property
    def jobs(self) -> JobTable:
        return JobTable(self.clients.get("dynamodb"), self.settings.table, self.clock)

    @property
    def photos(self) -> PhotoTable:
        return PhotoTable(self.clients.get("dynamodb"), self.photo_settings.table, self.clock)

    @property
    def photos_bucket(self) -> Bucket:
        return Bucket(self.clients.get("s3"), self.photo_settings.bucket, self.photo_settings.prefix)

    @property
    def results(self) -> Bucket:
        return Bucket(self.clients.get("s3"), self.settings.bucket, self.settings.prefix)

    @property
    def teller(self) -> Teller:
        return Teller(self.photos_bucket, self.results)

    def quotas(self, limits: LimitSettings, table: str) -> Quotas:
        return Quotas(
            self.clients.get("dynamodb"),
            table,
            what="try-ons",
            daily_per_user=limits.daily_per_user,
            spend_micros=limits.spend_micros,
            clock=self.clock,
        )

    def open_pusher(self) -> Pusher:
        """The way to whoever is connected, from variable CONNECTIONS."""
        gateway = open_gateway(read_setting("CONNECTIONS", ConnectionSettings))
        return Pusher(self.teller, lambda connection_id: Connection(gateway, connection_id))

    def open_endings(self) -> Endings:
        """What ends jobs, from variables CONNECTIONS, QUOTAS and TRYON_LIMITS."""
        return Endings(self.jobs, self.results, self.open_quotas(), self.open_pusher())

    def open_quotas(self) -> Quotas:
        """The counters, from variables QUOTAS and TRYON_LIMITS."""
        limits: LimitSettings = read_setting("TRYON_LIMITS", LimitSettings)
        counters: QuotaSettings = read_setting("QUOTAS", QuotaSettings)
        return self.quotas(limits, counters.table)
